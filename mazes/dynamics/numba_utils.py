"""Compiles the plain-Python rules with numba, as they stand: nothing is written twice.

A module of functions on numbers and arrays is the readable reference; `allow_calls` lets compiled
code call it. Compiled code is kept in __pycache__ (or where NUMBA_CACHE_DIR says) until a source
file changes.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from numba.extending import overload

_allowed: set[ModuleType] = set()


def allow_calls(*modules: ModuleType) -> None:
    """Lets compiled code call the modules' functions, without what tests wrap around them."""
    for module in set(modules) - _allowed:
        _allowed.add(module)
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                overload(function, strict=False)(_always(inspect.unwrap(function)))


def fingerprint(*modules: ModuleType) -> str:
    """Of the modules' sources.

    A compiled function that encloses it is compiled anew when one of them changes; numba itself
    only notices changes in the file of the compiled function.
    """
    sources = [Path(inspect.getfile(module)).read_bytes() for module in modules]
    return hashlib.blake2b(b"".join(sources)).hexdigest()


def _always(implementation: Callable) -> Callable:
    """What numba asks for the implementation for some argument types: here, one for all."""
    return lambda *args: implementation
