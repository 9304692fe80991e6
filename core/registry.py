"""Things by name, so that a new one is one new file.

A registry knows the modules that register with it and imports them when it is first asked:

    SUITES = Registry("suite", ["rl2_mazes.bandits.suite"])

    @SUITES.register("bandits")
    class BanditSuite: ...
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Generic, TypeVar

from .errors import UserError

T = TypeVar("T")
C = TypeVar("C")


class Registry(Generic[T]):
    """Entries of one kind, by name.

    Args:
        kind: The kind's name, for error messages.
        modules: Dotted names of the modules that register entries; of a package, its modules too.
    """

    def __init__(self, kind: str, modules: Sequence[str] = ()):
        self.kind = kind
        self._modules = list(modules)
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> None:
        """Enters `entry` under `name`.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._entries:
            raise ValueError(f"{self.kind} has two entries named {name!r}")
        self._entries[name] = entry

    def register(self, name: str) -> Callable[[C], C]:
        """Decorator that enters what it decorates."""

        def enter(entry: C) -> C:
            self.add(name, entry)  # type: ignore[arg-type]
            return entry

        return enter

    def all(self) -> dict[str, T]:
        """Every entry by name; imports the modules that register them."""
        for name in self._modules:
            module = importlib.import_module(name)
            for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
                importlib.import_module(f"{name}.{child.name}")
        self._modules = []
        return self._entries

    def get(self, name: str) -> T:
        """One entry.

        Raises:
            UserError: There is none of that name; the message says which there are.
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
