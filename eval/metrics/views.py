"""Views of an agent, computed from the map and its poses."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...mazes.padding import padded_walls
from ...mazes.planning.visibility import visible_cells
from .episode import Episode

BATCH = 4096  # poses whose views are computed at once
NEVER = np.iinfo(np.int64).max


class Views(NamedTuple):
    """Views of one episode of each of N trials."""

    first: np.ndarray  # [N, height, width] int64, first step with a cell in view, or `NEVER`
    seen: np.ndarray  # [N, height, width] bool, open cells in view at any step
    target_steps: np.ndarray  # [N] int64, steps from the first with the target in view; 0 if never


@lru_cache(maxsize=1)  # metrics of an episode follow one another
def views_of(episode: Episode) -> Views:
    """The views of an episode, which must have poses and mazes."""
    assert episode.poses is not None
    assert episode.mazes is not None
    mazes, trial_of_step = episode.mazes, episode.trial_of_step
    walls = padded_walls(mazes)
    targets = np.array([maze.target(episode.index) for maze in mazes])

    # Many poses occur again; each is looked from once, at its first step.
    poses = np.column_stack((trial_of_step, episode.poses.astype(np.float64)))
    poses, step = np.unique(poses, axis=0, return_index=True)
    begins = np.cumsum(episode.length) - episode.length
    first = np.full(walls.shape, NEVER)
    for begin in range(0, len(poses), BATCH):
        here = slice(begin, begin + BATCH)
        trial = poses[here, 0].astype(np.int64)
        views = visible_cells(walls[trial], targets[trial], poses[here, 1:])
        since = np.where(views, (step[here] - begins[trial])[:, None, None], NEVER)
        starts = np.flatnonzero(np.diff(trial, prepend=-1))  # sorted by trial
        earliest = np.minimum.reduceat(since, starts)
        first[trial[starts]] = np.minimum(first[trial[starts]], earliest)

    found = first[np.arange(len(mazes)), *targets.T]
    target_steps = np.where(found < NEVER, episode.length - found, 0)
    return Views(first, (first < NEVER) & ~walls, target_steps)
