"""Metrics of an agent's path: wall hits, revisited cells, seen cells.

They show what a gain comes from. An agent that remembers the target revisits fewer cells and has
seen less of the maze when it arrives. An agent that has merely become nimbler hits fewer walls.
"""

import numpy as np

from ...core.metrics import METRICS
from ...mazes.geometry import cells_of
from .episode import Episode
from .intervals import Estimate, mean
from .views import views_of


@METRICS.metric(
    "wall_hits", "wall hits", "count", "lower", interval="Student", needs=["poses", "wall_penalty"]
)
def wall_hits(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean wall hits of an episode: bumps in grid movement, tics of contact in walking.

    A step of walking has four tics. Not defined if hits cost nothing: they are read off returns.
    """
    return mean(count_wall_hits(episode))


@METRICS.metric(
    "cells_revisited", "cells revisited", "count", "lower", interval="Student", needs=["poses"]
)
def cells_revisited(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean moves of an episode into a cell that it had been in before."""
    return mean(count_revisits(episode))


@METRICS.metric("cells_seen", "cells seen", "count", interval="Student", needs=["poses", "mazes"])
def cells_seen(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean open cells in view before the target was reached, of successes."""
    return mean(count_seen_cells(episode)[episode.success])


def count_wall_hits(episode: Episode) -> np.ndarray:
    """[N] int64: the return less rewards of steps and target, in wall penalties."""
    rules = episode.rules
    assert rules is not None
    rest = (
        episode.episode_return
        - rules.step_penalty * episode.length
        - rules.target_reward * episode.success
    )
    return np.rint(rest / rules.wall_penalty).astype(np.int64)


def count_revisits(episode: Episode) -> np.ndarray:
    """[N] int64: moves into a cell that the episode had been in before."""
    assert episode.poses is not None
    trial, trials = episode.trial_of_step, len(episode.length)
    visit = np.column_stack((trial, cells_of(episode.poses)))
    entered = np.ones(len(visit), dtype=bool)
    entered[1:] = (visit[1:] != visit[:-1]).any(axis=1)
    different = np.unique(visit, axis=0)[:, 0]
    moves = np.bincount(trial[entered], minlength=trials)
    return moves - np.bincount(different, minlength=trials)


def count_seen_cells(episode: Episode) -> np.ndarray:
    """[N] int64: open cells in view at any step, the target's among them."""
    return views_of(episode).seen.sum(axis=(1, 2))
