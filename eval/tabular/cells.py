"""A table's cells: what we measured beside what was printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.tabular.suite import TabularSuite
from .tuning import Score


@dataclass(frozen=True)
class Cell:
    """One algorithm on one row; flat, so that it is a line of a CSV file.

    Attributes:
        row: The row's name.
        algorithm: The algorithm's name.
        title: The algorithm in tables.
        value: Its tuned parameter, like `c=0.2`; empty if it has none.
        mean: Total reward of a trial, mean over tasks.
        se: Standard error of the mean.
        published: The paper's figure, if there is one.
        z: Difference to the paper's over its standard error; the paper's own is taken to be ours,
            since it too is a mean over 1,000 tasks and gives none.
        ceiling: What the best arm or policy earns in the same trials, knowing the tasks.
    """

    row: str
    algorithm: str
    title: str
    value: str
    mean: float
    se: float
    published: float | None
    z: float | None
    ceiling: float


def as_cells(scores: Sequence[Score], suite: type[TabularSuite]) -> list[Cell]:
    """One cell a score. A trained agent stands beside the paper's RL²."""
    cells = []
    for score in scores:
        algorithm = score.algorithm
        trained = algorithm.name not in suite.algorithms().all()
        published = suite.published_tables[0].mean(score.row, "rl2" if trained else algorithm.name)
        z = None
        if published is not None:
            z = (score.mean - published) / (2**0.5 * max(score.se, 1e-9))
        cells.append(
            Cell(
                row=score.row,
                algorithm=algorithm.name,
                title=algorithm.title,
                value="" if algorithm.tunes is None else f"{algorithm.tunes}={_short(score.value)}",
                mean=score.mean,
                se=score.se,
                published=published,
                z=z,
                ceiling=score.mean + score.curve.regret[-1],
            )
        )
    return cells


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
