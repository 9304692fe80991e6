"""Views of an agent, computed from the map and its poses."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...mazes.padding import padded_walls
from ...mazes.planning.visibility import visible_cells
from .episode import Episode

BATCH = 4096  # poses whose views are computed at once


class Views(NamedTuple):
    """Views of one episode of each of N trials."""

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

    poses = np.column_stack((trial_of_step, episode.poses.astype(np.float64)))
    poses, pose_of_step = np.unique(poses, axis=0, return_inverse=True)  # many occur again
    seen = np.zeros(walls.shape, dtype=bool)
    shows_target = np.zeros(len(poses), dtype=bool)
    for begin in range(0, len(poses), BATCH):
        here = slice(begin, begin + BATCH)
        trial = poses[here, 0].astype(np.int64)
        views = visible_cells(walls[trial], targets[trial], poses[here, 1:])
        starts = np.flatnonzero(np.diff(trial, prepend=-1))  # sorted by trial
        seen[trial[starts]] |= np.logical_or.reduceat(views, starts)
        shows_target[here] = views[np.arange(len(trial)), *targets[trial].T]

    steps = np.flatnonzero(shows_target[pose_of_step.reshape(-1)])
    trial, index = np.unique(trial_of_step[steps], return_index=True)
    ends = np.cumsum(episode.length)
    target_steps = np.zeros(len(mazes), dtype=np.int64)
    target_steps[trial] = ends[trial] - steps[index]
    return Views(seen & ~walls, target_steps)
