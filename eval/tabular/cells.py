"""A table's cells: what we measured beside what was printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.tabular.suite import TabularSuite
from .tracks import ALGORITHMS, ONE_AGENT, OUTSIDE, Training, is_own_row
from .tuning import Score


@dataclass(frozen=True)
class Cell:
    """One algorithm or agent on one row; flat, so that it is a line of a CSV file.

    Attributes:
        row: The row's name.
        algorithm: The algorithm's name, or the path of a trained agent.
        title: The algorithm in tables.
        value: Its tuned parameter, like `c=0.2`; empty if it has none.
        mean: Total reward of a trial, mean over tasks.
        se: Standard error of the mean.
        by_regret: The same without the luck of the tasks, see `eval.metrics.returns`; None if the
            expected optimum of the row is not known.
        by_regret_se: Its standard error.
        published: The paper's figure, if there is one.
        z: Difference to the paper's over its standard error; the paper's own is taken to be ours,
            since it too is a mean over 1,000 tasks and gives none.
        ceiling: What the best arm or policy earns in the same trials, knowing the tasks.
        track: See `eval.tabular.tracks`; the fields below are None for algorithms, and for agents
            from outside.
        trained_on: Rows that the agent was trained on, separated by spaces.
        steps: Agent steps of its training.
        privileged_critic: Whether the critic was given the task in training.
        optimal_advantage: Whether the training reward was the optimal policy's advantage.
        warm_start: Whether it was warm-started from another agent's weights.
    """

    row: str
    algorithm: str
    title: str
    value: str
    mean: float
    se: float
    by_regret: float | None
    by_regret_se: float | None
    published: float | None
    z: float | None
    ceiling: float
    track: str = ALGORITHMS
    trained_on: str | None = None
    steps: int | None = None
    privileged_critic: bool | None = None
    optimal_advantage: bool | None = None
    warm_start: bool | None = None

    @property
    def counts_for_track(self) -> bool:
        """Whether it is a result of its track: on a row of its training, or by one agent for all.

        An agent of one row that is measured on another one shows what carries over.
        """
        if self.trained_on is None or self.track == ONE_AGENT:
            return True
        return is_own_row(self.trained_on, self.row)


def as_cells(
    scores: Sequence[Score],
    suite: type[TabularSuite],
    trainings: Mapping[str, Training] | None = None,
) -> list[Cell]:
    """One cell a score.

    Args:
        scores: Scores of algorithms and agents.
        suite: The suite.
        trainings: Of agents, by name. Cells of those of this project stand beside the paper's RL².
    """
    cells = []
    for score in scores:
        algorithm = score.algorithm
        training = (trainings or {}).get(algorithm.name)
        published = suite.published_tables[0].mean(
            score.row, "rl2" if training and training.track != OUTSIDE else algorithm.name
        )
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
                by_regret=score.by_regret.mean,
                by_regret_se=score.by_regret.se,
                published=published,
                z=z,
                ceiling=score.mean + score.curve.regret[-1],
                **({} if training is None else vars(training)),
            )
        )
    return cells


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
