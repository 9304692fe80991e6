"""Run a function when another package is imported, without importing that package.

`import rl2_mazes` must not import gymnasium, which few need. But gymnasium can only find the mazes
once they are registered with it, whichever of the two was imported first.
"""

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def when_imported(name: str, function: Callable[[], object]) -> None:
    """Call `function` after the package `name` is imported; at once if it already is."""
    if name in sys.modules:
        function()
    else:
        sys.meta_path.insert(0, _Finder(name, function))


class _Finder(MetaPathFinder):
    """Finds the one package, with a loader that calls the function."""

    def __init__(self, name: str, function: Callable[[], object]):
        self._name, self._function = name, function
        self._searching = False

    def find_spec(self, fullname: str, path: object = None, target: object = None):
        if fullname != self._name or self._searching:
            return None
        self._searching = True  # the search below asks all finders, this one too
        try:
            spec = find_spec(fullname)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._loaded)
        return spec

    def _loaded(self) -> None:
        sys.meta_path.remove(self)
        self._function()


class _Loader(Loader):
    """Another loader, and a function to call after it."""

    def __init__(self, loader: Loader, function: Callable[[], object]):
        self._loader, self._function = loader, function

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._function()
