"""Algorithms by name, so that a new one is one new file.

A suite has one `Registry`; an algorithm enters it with a decorator that also says which of its
arguments is tuned, over which values:

    @ALGORITHMS.add("ucb1", "UCB1", tunes="c", grid=(0.1, 0.2))
    class UCB1(ArmAgent): ...
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True)
class Algorithm:
    """A human-designed agent and how it is tuned.

    Attributes:
        name: For the command line.
        title: For tables, as in the paper.
        build: Makes the agent: build(suite, device=..., **{tunes: value}).
        tunes: The argument that is tuned, if any.
        grid: The values to try.
        anytime: Whether it ignores the trial's length, so that a long trial's beginning is what
            it does in a short one.
    """

    name: str
    title: str
    build: Callable[..., Any]
    tunes: str | None = None
    grid: tuple[Any, ...] = ()
    anytime: bool = True


class Registry:
    """The algorithms of one suite.

    Args:
        suite: The suite's name, for error messages.
        package: Dotted name of the package whose modules register the algorithms.
    """

    def __init__(self, suite: str, package: str):
        self.suite = suite
        self.package = package
        self._algorithms: dict[str, Algorithm] = {}

    def add(
        self,
        name: str,
        title: str,
        tunes: str | None = None,
        grid: Sequence[Any] = (),
        anytime: bool = True,
    ) -> Callable[[type], type]:
        """Decorator that enters an agent's class; the arguments are `Algorithm`'s."""

        def enter(build: type) -> type:
            if name in self._algorithms:
                raise ValueError(f"{self.suite} has two algorithms named {name!r}")
            self._algorithms[name] = Algorithm(name, title, build, tunes, tuple(grid), anytime)
            return build

        return enter

    def all(self) -> dict[str, Algorithm]:
        """Every algorithm by name; imports the package's modules."""
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        return self._algorithms

    def get(self, name: str) -> Algorithm:
        """One algorithm; an unknown name is an error that says the nearest."""
        known = self.all()
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"algorithm {name!r} is none of suite {self.suite!r}, which has "
                f"{', '.join(known)}{hint}"
            )
        return known[name]
