"""Agents that follow a strategy: a rule that gives the next cells of a path through a maze."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.trial import Trial
from ...core.types import TimeStep
from ..geometry import cell_of, heading_of
from ..maze import STEP, Maze
from ..padding import padded_walls
from ..planning.shortest_paths import UNREACHABLE
from ..planning.visibility import visible_cells
from .steering import WalkSteering, grid_action

Cell = tuple[int, int]  # row, column
LOOKAHEAD = 3  # cells of a path that a strategy gives


class Strategy:
    """Chooses the path of one agent in one maze, throughout a trial.

    Args:
        maze: The maze. Strategies differ in the part of it that they use.
    """

    def __init__(self, maze: Maze):
        self.maze = maze
        self.target: Cell = maze.target(0)

    def begin(self, episode: int, cell: Cell, heading: int) -> None:
        """Called when an episode begins, with the cell and the heading of its start."""
        self.target = self.maze.target(episode)

    def next_cells(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """The next cells of the path, from 1 to `LOOKAHEAD`, each beside the one before.

        Args:
            cell: Present cell of the player.
            heading: Heading of the player.
            view: [height, width] bool, visible cells.
        """
        raise NotImplementedError


class StrategyAgent:
    """An agent that follows a strategy in every environment.

    Args:
        trial: See `mazes.baselines.ScriptedAgent`.
        strategy: Makes the strategy of a new trial.
    """

    def __init__(self, trial: Trial, strategy: Callable[[Maze], Strategy]):
        self._trial = trial
        self._env: Any = trial.env
        self._strategy = strategy
        self._grid = self._env.rules.movement == "grid"

    def initial_carry(self, batch_size: int) -> list[tuple[Strategy, WalkSteering] | None]:
        """Strategy and steering of each environment; they change in place."""
        return [None] * batch_size

    def act(
        self, carry: list, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, list, None]:
        """Computes the view, asks the strategies for their paths, and steers."""
        mazes = [self._env.mazes[task] for task in current_tasks(self._trial).tolist()]
        poses = self._env.poses.cpu().numpy().astype(np.float64)
        episodes = self._trial.episode.tolist()
        targets = np.array([maze.target(k) for maze, k in zip(mazes, episodes, strict=True)])
        views = visible_cells(padded_walls(mazes), targets, poses)
        first, ended = timestep.is_first.tolist(), timestep.prev_done.tolist()
        carry, actions = list(carry), []
        for env, (maze, pose) in enumerate(zip(mazes, poses.tolist(), strict=True)):
            cell, heading = cell_of(pose), heading_of(pose)
            if first[env] or ended[env]:
                strategy = self._strategy(maze) if first[env] else carry[env][0]
                strategy.begin(episodes[env], cell, heading)
                carry[env] = strategy, WalkSteering(maze.walls)
            strategy, steering = carry[env]
            height, width = maze.walls.shape
            path = strategy.next_cells(cell, heading, views[env, :height, :width])
            actions.append(grid_action(pose, path) if self._grid else steering.action(pose, path))
        return torch.tensor(actions, device=timestep.is_first.device), carry, None


def current_tasks(trial: Trial) -> Tensor:
    """Index of the maze that each environment is in, [B] int64."""
    assert trial.tasks is not None, "scripted agents need a Trial with `tasks`"
    return trial.tasks[trial.trial_index.clamp(max=len(trial.tasks) - 1)]


def descend(steps: np.ndarray, cell: Cell, heading: int) -> list[Cell]:
    """The next cells of a shortest path, by descent on a table of steps.

    Args:
        steps: From `mazes.planning.shortest_paths.steps_to`.
        cell: Start of the path; a goal can be reached from it, and it is not a goal.
        heading: Heading at the start.
    """
    path: list[Cell] = []
    while len(path) < LOOKAHEAD and steps[*cell, heading] != 0:
        turns = [(heading + turn) % 4 for turn in range(4)]
        reached = [steps[*cell_ahead(cell, each), each] for each in turns]
        least = [
            (abs((turn + 1) % 4 - 1) + after, each)
            for turn, (each, after) in enumerate(zip(turns, reached, strict=True))
            if after != UNREACHABLE
        ]
        heading = min(least)[1]
        cell = cell_ahead(cell, heading)
        path.append(cell)
    return path


def cell_ahead(cell: Cell, heading: int) -> Cell:
    """The cell one step from `cell` along a heading in quarter turns, modulo 4."""
    step = STEP[heading % 4]
    return cell[0] + step[0], cell[1] + step[1]
