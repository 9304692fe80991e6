"""One compilation of each numba kernel for all test processes."""

import fcntl
from hashlib import blake2b

from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher


def compile_once(folder, monkeypatch):
    """While one process compiles a kernel, have the others wait and load it from numba's cache.

    Args:
        folder: For lock files; shared by the test processes.
        monkeypatch: Undoes it.
    """
    compile_here = Dispatcher.compile

    def compile_or_load(self, signature):
        if isinstance(self._cache, NullCache):
            return compile_here(self, signature)
        name = blake2b(self._cache.cache_path.encode() + self.py_func.__qualname__.encode())
        with (folder / f"{name.hexdigest()[:16]}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return compile_here(self, signature)

    monkeypatch.setattr(Dispatcher, "compile", compile_or_load)
