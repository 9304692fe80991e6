"""Mazes whose target moves between episodes: what is remembered of it is wrong.

A task stands for K mazes that differ in their target alone, one an episode. An agent that walks
straight to where the target was, looks for it in vain; one that never remembered does as always.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.types import BatchedEnv, EnvStep
from ...mazes.maze import Maze
from ...mazes.tasks import MazeSet


def move_targets(mazes: MazeSet, episodes: int, seed: int) -> MazeSet:
    """Draws a target for each episode; the first is the maze's own.

    Args:
        mazes: N of them.
        episodes: K.
        seed: Of the draws.

    Returns:
        N * K mazes, in order of trial and episode, with a start each. A target is in a room, and
        neither the start's nor where it was the episode before.
    """
    rng = np.random.default_rng(seed)
    moved: list[Maze] = []
    for maze in mazes:
        target = maze.target
        for episode in range(episodes):
            start = maze.start(episode)
            if episode > 0:
                rooms = [
                    (row, col)
                    for row in range(1, maze.walls.shape[0], 2)
                    for col in range(1, maze.walls.shape[1], 2)
                    if (row, col) not in (start.cell, target) and not maze.walls[row, col]
                ]
                target = rooms[rng.integers(len(rooms))]
            moved.append(replace(maze, starts=(start,), target=target))
    return MazeSet(moved)


class MovedTargets:
    """An environment whose task i is mazes i * K, i * K + 1, ... of another's, by episode.

    Args:
        env: Made on what `move_targets` returns; it is this environment's from now on.
        episodes: K; any further episode is in the last maze.
    """

    def __init__(self, env: BatchedEnv, episodes: int):
        self._env: Any = env
        self._episodes = episodes
        self.spaces, self.num_envs, self.device = env.spaces, env.num_envs, env.device
        self._task = torch.zeros(env.num_envs, dtype=torch.int64, device=env.device)
        self._episode = torch.zeros_like(self._task)

    @property
    def poses(self) -> Tensor:
        """The environment's."""
        return self._env.poses

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives copy b the task `tasks[b]` where `mask[b]`; its next reset begins episode 0."""
        self._task = torch.where(mask, tasks, self._task)
        self._episode = torch.where(mask, 0, self._episode)

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of copy b where `mask[b]`, in that episode's maze."""
        episode = self._episode.clamp(max=self._episodes - 1)
        self._env.set_task(self._task * self._episodes + episode, mask)
        self._episode = self._episode + mask.long()
        return self._env.reset(mask)

    def step(self, action: Tensor) -> EnvStep:
        """The environment's; a copy that is lost begins its task again."""
        result = self._env.step(action)
        self._episode = torch.where(result.crashed, 0, self._episode)
        return result

    def close(self) -> None:
        """The environment's."""
        self._env.close()
