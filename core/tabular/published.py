"""Printed tables of total rewards, and single results out of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PublishedReturn:
    """One agent's printed result on one row of a table.

    Attributes:
        agent: Name of the algorithm; `rl2` and `snail` for trained agents.
        source: Paper and table.
        mean: Mean over tasks, in the table's unit.
        se: Standard error of the mean, if it was printed.
    """

    agent: str
    source: str
    mean: float
    se: float | None = None


@dataclass(frozen=True)
class PublishedTable:
    """A printed table.

    Attributes:
        source: Paper and table.
        unit: Unit of the figures, as a sentence.
        rows: Mean by row and agent; a pair is a mean and its standard error,
            None where it was not printed.
        per_optimum: Reward of an episode that a figure of 1 stands for; None if the figures are
            total rewards of a trial.
        steps: Training steps of the RL² agents, by row, where they are known.
    """

    source: str
    unit: str
    rows: Mapping[str, Mapping[str, float | tuple[float, float | None]]]
    per_optimum: float | None = None
    steps: Mapping[str, float] = field(default_factory=dict)

    def row(self, name: str) -> tuple[PublishedReturn, ...]:
        """Results of one row; empty if the table has no such row."""
        found = []
        for agent, cell in self.rows.get(name, {}).items():
            mean, se = cell if isinstance(cell, tuple) else (cell, None)
            found.append(PublishedReturn(agent, self.source, mean, se))
        return tuple(found)

    def mean(self, row: str, agent: str) -> float | None:
        """Mean of one agent on one row; None if it was not printed."""
        return next((each.mean for each in self.row(row) if each.agent == agent), None)

    def total(self, row: str, agent: str, num_episodes: int) -> float | None:
        """Mean total reward of a trial of `num_episodes`; None if it was not printed."""
        mean = self.mean(row, agent)
        if mean is None or self.per_optimum is None:
            return mean
        return mean * self.per_optimum * num_episodes
