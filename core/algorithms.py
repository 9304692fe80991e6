"""Algorithms by name, so that a new one is one new file.

A suite has one `AlgorithmRegistry`; an algorithm enters it with a decorator that also says which of its
arguments is tuned, over which values:

    @ALGORITHMS.algorithm("ucb1", "UCB1", tunes="c", grid=(0.1, 0.2))
    class UCB1(ArmAgent): ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .registry import Registry


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


class AlgorithmRegistry(Registry[Algorithm]):
    """The algorithms of one suite."""

    def algorithm(
        self,
        name: str,
        title: str,
        tunes: str | None = None,
        grid: Sequence[Any] = (),
        anytime: bool = True,
    ) -> Callable[[type], type]:
        """Decorator that enters an agent's class; the arguments are `Algorithm`'s."""

        def enter(build: type) -> type:
            self.add(name, Algorithm(name, title, build, tunes, tuple(grid), anytime))
            return build

        return enter
