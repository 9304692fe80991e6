"""Metrics of a search: why it is long.

A good search sees each room once, turns round in front of a dead end that it can see to be one, and
goes straight to a target in view.
"""

import numpy as np

from ...core.metrics import METRICS
from ...mazes.geometry import cells_of
from ...mazes.padding import padded_walls
from .episode import Episode
from .intervals import Estimate, mean
from .views import views_of


@METRICS.metric(
    "steps_in_view",
    "steps after the target came into view",
    "steps",
    "lower",
    interval="Student",
    needs=["poses", "mazes"],
)
def steps_in_view(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean steps from the first with the target in view, of successes."""
    return mean(views_of(episode).target_steps[episode.success])


@METRICS.metric(
    "rooms_unseen", "rooms never in view", "count", interval="Student", needs=["poses", "mazes"]
)
def rooms_unseen(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean rooms that were not in view before the end of the episode."""
    return mean(count_unseen_rooms(episode))


@METRICS.metric(
    "dead_ends", "dead ends entered", "count", "lower", interval="Student", needs=["poses", "mazes"]
)
def dead_ends(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean moves of an episode into a dead end."""
    return mean(count_dead_ends(episode)[0])


@METRICS.metric(
    "dead_ends_again",
    "dead ends entered again",
    "count",
    "lower",
    interval="Student",
    needs=["poses", "mazes"],
)
def dead_ends_again(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean moves of an episode into a dead end that it had been in before."""
    return mean(count_dead_ends(episode)[1])


def count_unseen_rooms(episode: Episode) -> np.ndarray:
    """[N] int64: rooms, the cells of odd row and column, that were never in view."""
    assert episode.mazes is not None
    rooms = ~padded_walls(episode.mazes)[:, 1::2, 1::2]
    return (rooms & ~views_of(episode).seen[:, 1::2, 1::2]).sum(axis=(1, 2))


def count_dead_ends(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    """[N] int64 each: moves into cells with one open neighbour; all, and all but the first of each.

    To start in a dead end is no move, but counts as having been there.
    """
    assert episode.poses is not None
    assert episode.mazes is not None
    trial, trials = episode.trial_of_step, len(episode.length)
    is_open = ~padded_walls(episode.mazes)
    around = np.pad(is_open, ((0, 0), (1, 1), (1, 1))).astype(np.int64)
    neighbours = (
        around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    )
    visit = np.column_stack((trial, cells_of(episode.poses)))
    entered = np.ones(len(visit), dtype=bool)
    entered[1:] = (visit[1:] != visit[:-1]).any(axis=1)
    entries = visit[entered]
    entries = entries[(is_open & (neighbours == 1))[*entries.T]]
    at_start = np.zeros(trials, dtype=np.int64)
    if len(visit):
        starts = visit[np.flatnonzero(np.diff(trial, prepend=-1))]
        starts = starts[(is_open & (neighbours == 1))[*starts.T]]
        at_start[starts[:, 0]] = 1
    visits = np.bincount(entries[:, 0], minlength=trials)
    different = np.bincount(np.unique(entries, axis=0)[:, 0], minlength=trials)
    return visits - at_start, visits - different
