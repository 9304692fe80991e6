"""Registries: entries by name, so that a new one is one new file.

A registry imports the modules that register with it when it is first read:

    SUITES = Registry("suite", ["rl2_mazes.bandits.suite"])

    @SUITES.register("bandits")
    class BanditSuite: ...
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Generic, TypeVar

from ..errors import UserError

T = TypeVar("T")
C = TypeVar("C")


class Registry(Generic[T]):
    """Entries of one kind, by name.

    Args:
        kind: Name of the kind, for error messages.
        modules: Dotted names of the modules that register entries; for a package, its modules too.
    """

    def __init__(self, kind: str, modules: Sequence[str] = ()):
        self.kind = kind
        self._modules = list(modules)
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> None:
        """Register `entry` under `name`.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._entries:
            raise ValueError(f"{self.kind} has two entries named {name!r}")
        self._entries[name] = entry

    def register(self, name: str) -> Callable[[C], C]:
        """Decorator that registers a class or function under `name`."""

        def enter(entry: C) -> C:
            self.add(name, entry)  # type: ignore[arg-type]
            return entry

        return enter

    def all(self) -> dict[str, T]:
        """All entries by name; imports the modules that register them."""
        for name in self._modules:
            module = importlib.import_module(name)
            for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
                importlib.import_module(f"{name}.{child.name}")
        self._modules = []
        return self._entries

    def get(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UserError: There is none; the message lists the names.
        """
        known = self.all()
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UserError(
                f"{self.kind} {name!r} does not exist; {hint}choose from {', '.join(known)}"
            )
        return known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())
