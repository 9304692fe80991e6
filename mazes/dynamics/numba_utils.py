"""Compilation of plain-Python reference modules with numba, as they stand.

`allow_calls` lets compiled code call the functions of a module, so that none is written twice.
Compiled code is cached in __pycache__ (or in NUMBA_CACHE_DIR) until a source file changes.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.extending import overload

# Compiled code calls them, Python does not.
NO_WRAPPERS: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_allowed: set[ModuleType] = set()


def allow_calls(*modules: ModuleType) -> None:
    """Lets compiled code call the functions of modules, without the type checks of tests."""
    for module in set(modules) - _allowed:
        _allowed.add(module)
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                called = overload(function, strict=False, jit_options=NO_WRAPPERS)
                called(_always(inspect.unwrap(function)))


def fingerprint(*modules: ModuleType) -> str:
    """Hash of the sources of modules.

    A compiled function whose closure holds the hash is recompiled when a source changes; numba
    itself only notices changes in the file of the compiled function.
    """
    sources = [Path(inspect.getfile(module)).read_bytes() for module in modules]
    return hashlib.blake2b(b"".join(sources)).hexdigest()


def _always(implementation: Callable) -> Callable:
    """The function that `overload` calls for argument types: one implementation for all."""
    return lambda *args: implementation
