"""The reference compiled by numba, in parallel over copies: the fast twin on a CPU.

Nothing is written twice. The functions of `collision`, `physics`, `raycast` and `episode` are
compiled as they stand; this file adds the loops over copies. Compiling takes about ten seconds and
is kept in the folder's __pycache__ (or where NUMBA_CACHE_DIR says) until a source file changes.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numba
from numba.extending import overload

from mazes import collision, physics, rules, textures
from mazes.twin import episode, kernel_reference, raycast

COMPILED = (collision, physics, raycast, episode, kernel_reference)
SOURCES = (*COMPILED, rules, textures)  # whose constants are compiled in, too


def _compile_calls_into(module: ModuleType) -> None:
    """Lets compiled code call a module's functions; unwraps them, as tests wrap to check shapes."""
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            overload(function, strict=False)(_always(inspect.unwrap(function)))


def _always(implementation: Callable) -> Callable:
    """What numba asks for the implementation for some argument types: here, one for all."""
    return lambda *args: implementation


def _fingerprint() -> str:
    """Of all sources: numba itself only notices changes in the file of the compiled function."""
    sources = [Path(inspect.getfile(module)).read_bytes() for module in SOURCES]
    return hashlib.blake2b(b"".join(sources)).hexdigest()


def _build(sources: str) -> tuple[Callable, Callable]:
    """The two kernels; numba caches them under what they enclose, which is `sources`."""

    def begin_all(mazes, looks, reduction, copies, mask, pictures):
        len(sources)  # encloses it
        for copy in numba.prange(len(mask)):
            if mask[copy]:
                episode.begin(mazes, copies, copy)
                kernel_reference.draw_copy(mazes, looks, reduction, copies, copy, pictures)

    def advance_all(game, mazes, looks, reduction, copies, action, pictures):
        len(sources)  # encloses it
        for copy in numba.prange(len(action)):
            if episode.advance(game, mazes, copies, copy, action[copy]):
                kernel_reference.draw_copy(mazes, looks, reduction, copies, copy, pictures)

    compiled = numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
    return compiled(inspect.unwrap(begin_all)), compiled(inspect.unwrap(advance_all))


for _module in COMPILED:
    _compile_calls_into(_module)
begin_all, advance_all = _build(_fingerprint())
