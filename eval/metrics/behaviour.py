"""What an agent did on its way: bumps, places it came back to, how much it had to see.

They say where a gain comes from. An agent that remembers the target walks into fewer places twice,
and has seen less of the maze when it arrives; one that has merely become nimbler bumps less.
"""

from collections.abc import Sequence

import numpy as np

from ...mazes.maze import Maze
from ...mazes.planning.visibility import cells_in_view
from ...mazes.rules import CELL_SIZE, MazeRules
from ..trials.runner import TrialLog
from .intervals import mean

BATCH = 4096  # poses whose views are worked out at once


def behaviour(log: TrialLog, mazes: Sequence[Maze], rules: MazeRules) -> dict:
    """Means over episodes, a list entry an episode of the trial, each with a 95 % interval.

    wall_hits: how often a wall was hit: in grid movement a bump, in walking a tic of contact (of
        which a step has four). None if hits cost nothing, since returns then do not tell them.
    cells_revisited: moves into a cell that it had already been in, in the same episode
    cells_seen: open cells that had been in view before the target was reached; of successes

    Args:
        log: With poses.
        mazes: Of each episode, in order of trial and episode: N * K of them.
        rules: That were played.
    """
    if log.poses is None:
        return {}
    measured = {"cells_revisited": cells_revisited(log), "cells_seen": cells_seen(log, mazes)}
    if rules.wall_penalty != 0:
        measured = {"wall_hits": wall_hits(log, rules)} | measured
    figures = {}
    for name, counts in measured.items():
        episodes = zip(counts.T, log.success.T, strict=True)
        means = [mean(each[won] if name == "cells_seen" else each) for each, won in episodes]
        figures[name] = [value for value, _ in means]
        figures[f"{name}_ci"] = [interval for _, interval in means]
    return figures


def wall_hits(log: TrialLog, rules: MazeRules) -> np.ndarray:
    """What is left of each return besides steps and target, in penalties; [N, K] int64."""
    rest = log.episode_return - rules.step_penalty * log.length - rules.target_reward * log.success
    return np.rint(rest / rules.wall_penalty).astype(np.int64)


def cells_revisited(log: TrialLog) -> np.ndarray:
    """Moves into a cell where the episode had been before; [N, K] int64."""
    episode = _episode_of_step(log)
    visit = np.column_stack((episode, _cells(log)))
    entered = np.ones(len(visit), dtype=bool)
    entered[1:] = (visit[1:] != visit[:-1]).any(axis=1)
    different = np.unique(visit, axis=0)[:, 0]
    num_episodes = log.length.size
    moves = np.bincount(episode[entered], minlength=num_episodes)
    return (moves - np.bincount(different, minlength=num_episodes)).reshape(log.length.shape)


def cells_seen(log: TrialLog, mazes: Sequence[Maze]) -> np.ndarray:
    """Open cells in view at any step of an episode, the target's among them; [N, K] int64.

    Args:
        log: With poses.
        mazes: As in `behaviour`.
    """
    assert log.poses is not None
    height = max(maze.walls.shape[0] for maze in mazes)
    width = max(maze.walls.shape[1] for maze in mazes)
    walls = np.ones((len(mazes), height, width), dtype=bool)
    for index, maze in enumerate(mazes):
        walls[index, : maze.walls.shape[0], : maze.walls.shape[1]] = maze.walls
    targets = np.array([maze.target for maze in mazes])

    where = np.column_stack((_episode_of_step(log), log.poses.astype(np.float64)))
    where = np.unique(where, axis=0)  # an agent often stands where it stood before
    seen = np.zeros(walls.shape, dtype=bool)
    for begin in range(0, len(where), BATCH):
        episode = where[begin : begin + BATCH, 0].astype(np.int64)
        views = cells_in_view(walls[episode], targets[episode], where[begin : begin + BATCH, 1:])
        first = np.flatnonzero(np.diff(episode, prepend=-1))  # sorted by episode
        seen[episode[first]] |= np.logical_or.reduceat(views, first)
    return (seen & ~walls).sum(axis=(1, 2)).reshape(log.length.shape)


def _episode_of_step(log: TrialLog) -> np.ndarray:
    """[S] int64, which of the N * K episodes each step belongs to."""
    return np.repeat(np.arange(log.length.size), log.length.ravel())


def _cells(log: TrialLog) -> np.ndarray:
    """[S, 2] int64, row and column where each action was taken."""
    assert log.poses is not None
    return np.floor(log.poses[:, [1, 0]] * [-1, 1] / CELL_SIZE).astype(np.int64)
