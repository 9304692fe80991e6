"""The reference compiled by numba, in parallel over copies: the fast twin on a CPU.

The functions of `collision`, `physics`, `raycast`, `episode` and `frame_cache` are compiled as they
stand (see `mazes.dynamics.numba_utils`), in about ten seconds the first time; this file adds the loops over
copies. Other than the reference, it shows again what it drew lately.
"""

import inspect
from collections.abc import Callable

import numba

from ... import rules, textures
from ...dynamics import collision, physics
from ...dynamics.numba_utils import allow_calls, fingerprint
from .. import episode, raycast
from . import frame_cache

MOST_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore
COMPILED = (collision, physics, raycast, episode, frame_cache)


def _build(sources: str) -> tuple[Callable, Callable]:
    """The two kernels; numba caches them under what they enclose, which is `sources`."""

    def begin_all(mazes, looks, reduction, copies, mask, pictures):
        len(sources)  # encloses it
        for copy in numba.prange(len(mask)):
            if mask[copy]:
                episode.begin(mazes, copies, copy)
                frame_cache.show(mazes, looks, reduction, copies, copy, pictures)

    def advance_all(game, mazes, looks, reduction, copies, action, pictures):
        len(sources)  # encloses it
        for copy in numba.prange(len(action)):
            if episode.advance(game, mazes, copies, copy, action[copy]):
                frame_cache.show(mazes, looks, reduction, copies, copy, pictures)

    compiled = numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
    return compiled(inspect.unwrap(begin_all)), compiled(inspect.unwrap(advance_all))


def use_threads(number: int) -> None:
    """Copies are shared out among so many threads, or as many as numba has."""
    numba.set_num_threads(min(number, MOST_THREADS))


allow_calls(*COMPILED)
begin_all, advance_all = _build(fingerprint(*COMPILED, rules, textures))  # whose constants count
