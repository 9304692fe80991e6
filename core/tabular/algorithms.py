"""Registry of human-designed algorithms and how each is tuned.

A suite has one `AlgorithmRegistry`. A decorator registers an algorithm, the argument that is tuned,
and the values to try:

    @ALGORITHMS.algorithm("ucb1", "UCB1", tunes="c", grid=(0.1, 0.2))
    class UCB1(ArmAgent): ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..forms.calls import unfit_signature
from ..forms.entries import made_by
from ..forms.titles import problem_of_title
from ..registries.registry import Registry, dotted_name, is_own


@dataclass(frozen=True)
class Algorithm:
    """A human-designed algorithm and how it is tuned.

    Attributes:
        name: Name on the command line.
        title: Name in tables, as in the paper.
        build: Makes the agent: build(suite, device=..., **{tunes: value}).
        tunes: Argument that is tuned, if any.
        grid: Values to try.
        anytime: Whether it ignores the length of the trial, so that the beginning of a long trial
            is a short trial.
    """

    name: str
    title: str
    build: Callable[..., Any]
    tunes: str | None = None
    grid: tuple[Any, ...] = ()
    anytime: bool = True


class AlgorithmRegistry(Registry[Algorithm]):
    """The algorithms of one suite."""

    def __init__(self, kind: str, modules: Sequence[str] = ()):
        made = made_by(Algorithm, "ALGORITHMS.algorithm")
        super().__init__(kind, modules, lambda entry: made(entry) or _problem_of(entry))

    def add(self, name: str, entry: Algorithm) -> None:
        """Register `entry` under `name`.

        Raises:
            UserError: Name or title are taken, or the entry has the wrong form.
        """
        title = getattr(entry, "title", None)
        for known, other in self._entries.items():
            if known != name and title == other.title:
                first, second = other.build, entry.build
                if is_own(second):  # the plug-in was imported before the project's modules
                    first, second = second, first
                raise UserError(
                    f"{dotted_name(second)} registers the {self.kind} with the title {title!r}, "
                    f"which {dotted_name(first)} has; give it another: it names a column of tables"
                )
        super().add(name, entry)

    def source(self, entry: Any) -> Any:
        """The agent's class."""
        return getattr(entry, "build", entry)

    def algorithm(
        self,
        name: str,
        title: str,
        tunes: str | None = None,
        grid: Sequence[Any] = (),
        anytime: bool = True,
    ) -> Callable[[type], type]:
        """Decorator that registers an agent's class; the arguments are `Algorithm`'s."""

        def enter(build: type) -> type:
            self.add(name, Algorithm(name, title, build, tunes, tuple(grid), anytime))
            return build

        return enter


def _problem_of(entry: Algorithm) -> str | None:
    """Say in words what would fail when it is played, or None."""
    if problem := problem_of_title(entry.title):
        return problem
    if (entry.tunes is None) != (not entry.grid):
        return f"its tunes is {entry.tunes!r} and its grid {entry.grid}; give both or neither"
    if not callable(entry.build):
        return "it is not a class"
    tuned = {} if entry.tunes is None else {entry.tunes: None}
    if signature := unfit_signature(entry.build, None, device=None, **tuned):
        called = ", ".join(("suite", "device=...", *(f"{name}=..." for name in tuned)))
        return f"it takes {signature}; it is called as ({called})"
    return None
