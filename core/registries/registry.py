"""Registries: entries by name, so that a new one is one new file, in the project or outside.

A registry imports the modules that register with it when it is first read:

    SUITES = Registry("suite", ["rl2_mazes.bandits.suite"])

    @SUITES.register("bandits")
    class BanditSuite: ...

Entries of plug-ins come after those of the project, see `core.registries.plugins`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from ..errors import UserError
from . import plugins
from .dotted import is_dotted, load

T = TypeVar("T")
C = TypeVar("C")
OWN = __name__.partition(".")[0]  # this project's package


class Registry(Generic[T]):
    """Entries of one kind, by name.

    Args:
        kind: Name of the kind, for error messages.
        modules: Dotted names of the modules that register entries; for a package, its modules too.
        problem: Says in words what keeps an object from being an entry, or None; see
            `core.forms.entries`.
    """

    def __init__(
        self,
        kind: str,
        modules: Sequence[str] = (),
        problem: Callable[[Any], str | None] = lambda entry: None,
    ):
        self.kind = kind
        self._modules = list(modules)
        self._problem = problem
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> None:
        """Register `entry` under `name`.

        Raises:
            UserError: The name is taken, or the entry has the wrong form.
        """
        if name in self._entries:
            first, second = self._entries[name], entry
            if is_own(self.source(second)):  # the plug-in was imported before the project's modules
                first, second = second, first
            raise UserError(
                f"{dotted_name(self.source(second))} registers the {self.kind} {name!r}, which "
                f"{dotted_name(self.source(first))} is already; give it another name"
            )
        if problem := self._problem(entry) or self._problem_of_kind(name, entry):
            raise UserError(
                f"{dotted_name(self.source(entry))} cannot be the {self.kind} {name!r}: {problem}"
            )
        self._entries[name] = entry

    def register(self, name: str) -> Callable[[C], C]:
        """Decorator that registers a class or function under `name`."""

        def enter(entry: C) -> C:
            self.add(name, entry)  # type: ignore[arg-type]
            return entry

        return enter

    def all(self) -> dict[str, T]:
        """All entries by name; imports the modules that register them, the project's first."""
        for name in self._modules:
            module = importlib.import_module(name)
            for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
                importlib.import_module(f"{name}.{child.name}")
        self._modules = []
        plugins.load_all()
        return self._entries

    def get(self, name: str) -> T:
        """The entry of that name.

        Args:
            name: As registered; or `package.module:Name` of a registered object, or of any object
                that the user named (see `core.registries.plugins`).

        Raises:
            UserError: There is none; the message lists the names.
        """
        known = self.all()
        if name in known:
            return known[name]
        if is_dotted(name):
            return self._plugin(name)
        near = get_close_matches(str(name), known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(
            f"{self.kind} {name!r} does not exist; {hint}choose from {', '.join(known)}"
        )

    def get_stored(self, name: str) -> T:
        """The entry that a file names, such as a checkpoint's card; see `get`."""
        try:
            return self.get(name)
        except UserError as error:
            if is_dotted(name):  # that error names the package
                raise
            raise UserError(
                f"{error}; if it is a plug-in's, install that or add plugins=[its_module]"
            ) from error

    def holds(self, value: object) -> bool:
        """Whether a value is an instance of an entry, or of a class that the user named."""
        if isinstance(value, tuple(self.all().values())):  # type: ignore[arg-type]
            return True
        name = dotted_name(type(value))
        return name in plugins.named() and self.get(name) is type(value)

    def name_of(self, entry: T) -> str:
        """The name to write into files, by which `get` finds the entry in another process.

        Of a plug-in's entry it is `package.module:Name`, which tells what to install.
        """
        source = self.source(entry)
        name = dotted_name(source)
        if not is_own(source) and is_dotted(name) and not name.startswith("__main__:"):
            return name
        return next((each for each, found in self._entries.items() if found is entry), name)

    def plugins(self) -> list[str]:
        """Names of the entries that are not the project's."""
        return [name for name, entry in self.all().items() if not is_own(self.source(entry))]

    def source(self, entry: Any) -> Any:
        """The class or function that an entry was made from."""
        return entry

    def _plugin(self, name: str) -> T:
        """The entry of a dotted name, which is imported only if the user named it."""
        if (entry := self._found(name)) is not None:
            return entry
        if name not in plugins.named():
            package = name.partition(":")[0].partition(".")[0]
            raise UserError(
                f"{self.kind} {name!r} is not registered by any plug-in: install its package "
                f"{package}, or add plugins=[{name}] if you trust its code"
            )
        target = load(name)
        if (entry := self._found(name, target)) is None:
            self.add(name, target)
            entry = target
        return entry

    def _found(self, name: str, target: object = None) -> T | None:
        """The registered entry made from an object, given by its dotted name or itself."""
        for entry in self._entries.values():
            source = self.source(entry)
            if source is target or entry is target or dotted_name(source) == name:
                return entry
        return None

    def _problem_of_kind(self, name: str, entry: T) -> str | None:
        """A `kind`, where there is one, is stored in files and has to lead back to the entry."""
        kind = getattr(entry, "kind", name)
        own = dotted_name(self.source(entry))
        if not isinstance(kind, str) or kind in (name, own):
            return None
        return f"its kind is {kind!r}; it must be {name!r}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())


def dotted_name(entry: Any) -> str:
    """`package.module:Name` of a class or function; another object's text."""
    module, name = getattr(entry, "__module__", None), getattr(entry, "__qualname__", None)
    return repr(entry) if module is None or name is None else f"{module}:{name}"


def is_own(entry: Any) -> bool:
    """Whether a class or function is this project's."""
    return str(getattr(entry, "__module__", "")).partition(".")[0] == OWN
