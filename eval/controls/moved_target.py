"""The same mazes with a target that moves between episodes: what is remembered of it is wrong.

An agent that walks straight to where the target was, looks for it in vain; one that never
remembered does as always.
"""

from dataclasses import replace

import numpy as np

from ...mazes.maze import Maze
from ...mazes.tasks import MazeSet


def move_targets(mazes: MazeSet, episodes: int, seed: int) -> MazeSet:
    """Draw a target for each episode; the first is the maze's own.

    Args:
        mazes: N of them.
        episodes: K.
        seed: Of the draws.

    Returns:
        N mazes with K targets each. A target is in a room, and neither the start's nor where it was
        the episode before.
    """
    rng = np.random.default_rng(seed)
    return MazeSet([_moved(maze, episodes, rng) for maze in mazes])


def target_in_place(mazes: MazeSet) -> MazeSet:
    """The same mazes with the target of the first episode throughout.

    A start of a later episode that is this target's room is replaced by the first start.
    """
    kept = []
    for maze in mazes:
        target = maze.target(0)
        starts = tuple(s if s.cell != target else maze.start(0) for s in maze.starts)
        kept.append(replace(maze, starts=starts, targets=(target,)))
    return MazeSet(kept)


def _moved(maze: Maze, episodes: int, rng: np.random.Generator) -> Maze:
    targets = [maze.target(0)]
    for episode in range(1, episodes):
        rooms = [
            (row, col)
            for row in range(1, maze.walls.shape[0], 2)
            for col in range(1, maze.walls.shape[1], 2)
            if (row, col) not in (maze.start(episode).cell, targets[-1])
            and not maze.walls[row, col]
        ]
        targets.append(rooms[rng.integers(len(rooms))])
    starts = tuple(maze.start(episode) for episode in range(episodes))
    return replace(maze, starts=starts, targets=tuple(targets))
