"""Printed results on mazes. All of them are for `walk` movement.

Lengths are means over successful episodes, with the interval to either side that the source prints.
"""

from dataclasses import dataclass

from .rules import MazeRules
from .tasks import MazeTasks

RL2 = "Duan et al. 2016, arXiv 1611.02779, table 3"
SNAIL = "Mishra et al. 2018, arXiv 1707.03141"


@dataclass(frozen=True)
class PublishedResult:
    """One agent's printed figures, by episode, for as many episodes as the source gives.

    Attributes:
        agent: Name in tables.
        source: Paper and table.
        length: Mean length, steps.
        length_reach: Half width of the interval around `length`, steps; empty if not printed.
        success: Success rate, 0 to 1; empty if not printed.
        not_longer: Share of trials whose second episode was no longer than the first.
    """

    agent: str
    source: str
    length: tuple[float, ...]
    length_reach: tuple[float, ...] = ()
    success: tuple[float, ...] = ()
    not_longer: float | None = None


SMALL = (
    PublishedResult(
        "RL²",
        RL2,
        length=(52.4, 39.1, 42.6, 43.5, 43.9),
        length_reach=(1.3, 0.9, 1.0, 1.1, 1.1),
        success=(0.993, 0.996, 0.997, 0.994, 0.996),
        not_longer=0.917,
    ),
    PublishedResult("SNAIL", SNAIL, length=(50.3, 34.8), length_reach=(0.3, 0.2)),
    PublishedResult("random walk", SNAIL, length=(188.6, 187.7)),
)
LARGE = (
    PublishedResult(
        "RL²",
        RL2,
        length=(180.1, 151.8, 169.3, 162.3, 169.3),
        length_reach=(6.0, 5.9, 6.3, 6.4, 6.5),
        success=(0.971, 0.967, 0.958, 0.956, 0.961),
        not_longer=0.714,
    ),
    PublishedResult("SNAIL", SNAIL, length=(140.5, 105.9), length_reach=(4.2, 2.4)),
    PublishedResult("random walk", SNAIL, length=(420.2, 420.8)),
)


def published_results(tasks: MazeTasks, rules: MazeRules) -> tuple[PublishedResult, ...]:
    """Results printed for such mazes and rules; empty if there are none."""
    of_size = {3: SMALL, 5: LARGE}.get(tasks.rooms, ())
    horizon = {3: 250, 5: 1000}.get(tasks.rooms)
    plain = tasks.loops == 0 and tasks.num_starts == tasks.num_targets == 1
    plain &= tasks.generator == "prim"
    return of_size if plain and (rules.movement, rules.horizon) == ("walk", horizon) else ()
