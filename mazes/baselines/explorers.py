"""Scripted agents: yardsticks to set a learned agent beside.

    random walk    any action, each as likely
    oracle         knows the maze, and takes the shortest way in every episode
    explorer       searches systematically, forgets nothing, and in later episodes takes the
                   shortest way that it knows: what ideal adaptation would look like
    wall follower  keeps its right hand on the wall, and learns nothing from one episode to the next

Each is a `core.types.Agent` that the same `eval.trials.runner.evaluate` runs. They stand outside the
game in that they read poses and the map instead of pictures; `mazes.baselines.guides` says how much of it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.trial import Trial
from ...core.types import Agent, TimeStep
from ..maze import Maze
from ..planning.visibility import cells_in_view
from ..planning.walk_search import shortest_walks
from ..rules import FORWARD
from .guides import Guide, RightHand, Search, ShortestWay
from .steering import WalkSteering, cell_of, grid_action, heading_of

EXPLORERS: dict[str, Callable[[Trial], Agent]] = {}


def register(name: str) -> Callable[[Callable[[Trial], Agent]], Callable[[Trial], Agent]]:
    """Makes a scripted agent known by a name.

    It is made for a `Trial` that has `tasks`, on an environment with `mazes`, `rules` and `poses`.
    """

    def add(make: Callable[[Trial], Agent]) -> Callable[[Trial], Agent]:
        EXPLORERS[name] = make
        return make

    return add


@register("random walk")
class RandomWalk:
    """Any action, each as likely."""

    def __init__(self, trial: Trial):
        self._num_actions = trial.env.spaces.num_actions

    def initial_carry(self, batch_size: int) -> None:
        """Nothing."""

    def act(self, carry: None, timestep: TimeStep, rng: torch.Generator):
        """See the class."""
        shape, device = timestep.is_first.shape, timestep.is_first.device
        return torch.randint(self._num_actions, shape, generator=rng, device=device), None, None


@register("oracle")
def oracle(trial: Trial) -> Agent:
    """The shortest way: in grid movement, or the quickest walk that a search finds."""
    env: Any = trial.env
    return GuidedAgent(trial, ShortestWay) if env.rules.movement == "grid" else WalkOracle(trial)


@register("explorer")
def explorer(trial: Trial) -> Agent:
    """Systematic search and a perfect memory."""
    return GuidedAgent(trial, Search)


@register("wall follower")
def wall_follower(trial: Trial) -> Agent:
    """The right hand on the wall."""
    return GuidedAgent(trial, RightHand)


class GuidedAgent:
    """An agent each of whose copies follows a guide.

    Args:
        trial: See `register`.
        guide: Made anew for every trial.
    """

    def __init__(self, trial: Trial, guide: Callable[[Maze], Guide]):
        self._trial = trial
        self._env: Any = trial.env
        self._guide = guide
        self._grid = self._env.rules.movement == "grid"

    def initial_carry(self, batch_size: int) -> list[tuple[Guide, WalkSteering] | None]:
        """For each copy a guide and a steering, which change as they go."""
        return [None] * batch_size

    def act(
        self, carry: list, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, list, None]:
        """Looks around, asks the guides, and steers."""
        mazes = [self._env.mazes[task] for task in current_tasks(self._trial).tolist()]
        poses = self._env.poses.cpu().numpy().astype(np.float64)
        views = _views(mazes, poses)
        first, ended = timestep.is_first.tolist(), timestep.prev_done.tolist()
        carry, actions = list(carry), []
        for copy, (maze, pose) in enumerate(zip(mazes, poses.tolist(), strict=True)):
            cell, heading = cell_of(pose), heading_of(pose)
            if first[copy] or ended[copy]:
                guide = self._guide(maze) if first[copy] else carry[copy][0]
                guide.begin(cell, heading)
                carry[copy] = guide, WalkSteering(maze.walls)
            guide, steering = carry[copy]
            way = guide.way(cell, heading, views[copy])
            actions.append(grid_action(pose, way) if self._grid else steering.action(pose, way))
        return torch.tensor(actions, device=timestep.is_first.device), carry, None


class WalkOracle:
    """Plays the actions of the quickest walks found (see `mazes.planning.walk_search`).

    Args:
        trial: See `register`; its environment walks.
    """

    def __init__(self, trial: Trial):
        env: Any = trial.env
        mazes = [env.mazes[task] for task in trial.tasks.tolist()]
        num_starts = max(len(maze.starts) for maze in mazes)
        walks = [shortest_walks(mazes, episode) for episode in range(num_starts)]
        longest = max(len(walk) for of_start in walks for walk in of_start)
        plans = np.full((num_starts, len(mazes), longest), FORWARD)
        for start, of_start in enumerate(walks):
            for index, walk in enumerate(of_start):
                plans[start, index, : len(walk)] = walk
        self._plans = torch.from_numpy(plans).to(env.device)
        self._num_starts = torch.tensor([len(maze.starts) for maze in mazes], device=env.device)
        self._trial = trial

    def initial_carry(self, batch_size: int) -> Tensor:
        """[B] steps taken in the episode."""
        return torch.zeros(batch_size, dtype=torch.int64, device=self._plans.device)

    def act(
        self, carry: Tensor, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, None]:
        """The plan's next action; forward if it should ever be over."""
        step = torch.where(timestep.is_first | timestep.prev_done, 0, carry)
        index = self._trial.trial_index.clamp(max=self._plans.shape[1] - 1)
        start = self._trial.episode % self._num_starts[index]
        action = self._plans[start, index, step.clamp(max=self._plans.shape[2] - 1)]
        return action, step + 1, None


def current_tasks(trial: Trial) -> Tensor:
    """Which maze of the set each copy is in, [B] int64."""
    assert trial.tasks is not None, "scripted agents need a Trial with `tasks`"
    return trial.tasks[trial.trial_index.clamp(max=len(trial.tasks) - 1)]


def _views(mazes: Sequence[Maze], poses: np.ndarray) -> list[np.ndarray]:
    """What each copy sees, [height, width] bool."""
    height = max(maze.walls.shape[0] for maze in mazes)
    width = max(maze.walls.shape[1] for maze in mazes)
    walls = np.ones((len(mazes), height, width), dtype=bool)
    for index, maze in enumerate(mazes):
        walls[index, : maze.walls.shape[0], : maze.walls.shape[1]] = maze.walls
    views = cells_in_view(walls, np.array([maze.target for maze in mazes]), poses)
    return [
        view[: maze.walls.shape[0], : maze.walls.shape[1]]
        for view, maze in zip(views, mazes, strict=True)
    ]
