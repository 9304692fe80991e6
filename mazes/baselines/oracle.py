"""The oracle: it knows the maze and takes the shortest path in every episode."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.trial import Trial
from ...core.types import Agent, TimeStep
from ..planning.shortest_paths import grid_steps
from ..planning.walk_search import shortest_walks
from ..rules import FORWARD
from . import SCRIPTED_AGENTS
from .strategy import Cell, Strategy, StrategyAgent, descend


@SCRIPTED_AGENTS.agent("oracle", "knows the maze and takes the shortest path")
def oracle(trial: Trial) -> Agent:
    """Agent of the shortest path: exact on the grid, the quickest walk found in walk movement."""
    env: Any = trial.env
    return StrategyAgent(trial, ShortestPath) if env.rules.movement == "grid" else WalkOracle(trial)


class ShortestPath(Strategy):
    """Follows the shortest path of the map."""

    def begin(self, episode: int, cell: Cell, heading: int) -> None:
        """Plans the episode."""
        super().begin(episode, cell, heading)
        self._steps = grid_steps(self.maze, episode)

    def next_cells(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Strategy`."""
        return descend(self._steps, cell, heading)


class WalkOracle:
    """Plays the actions of the quickest walks found by `mazes.planning.walk_search`.

    Args:
        trial: See `mazes.baselines.ScriptedAgent`; the movement is walk.
    """

    def __init__(self, trial: Trial):
        env: Any = trial.env
        mazes = [env.mazes[task] for task in trial.tasks.tolist()]
        periods = [maze.period for maze in mazes]
        known = range(min(trial.episodes_per_trial, max(periods)))
        walks = [shortest_walks(mazes, episode) for episode in known]
        longest = max(len(walk) for of_episode in walks for walk in of_episode)
        plans = np.full((len(walks), len(mazes), longest), FORWARD)
        for episode, of_episode in enumerate(walks):
            for index, walk in enumerate(of_episode):
                plans[episode, index, : len(walk)] = walk
        self._plans = torch.from_numpy(plans).to(env.device)
        self._periods = torch.tensor(periods, device=env.device)
        self._trial = trial

    def initial_carry(self, batch_size: int) -> Tensor:
        """Number of steps taken in the episode, [B] int64."""
        return torch.zeros(batch_size, dtype=torch.int64, device=self._plans.device)

    def act(
        self, carry: Tensor, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, None]:
        """The next action of the plan; forward beyond its end."""
        step = torch.where(timestep.is_first | timestep.prev_done, 0, carry)
        index = self._trial.trial_index.clamp(max=self._plans.shape[1] - 1)
        episode = self._trial.episode % self._periods[index]
        action = self._plans[episode, index, step.clamp(max=self._plans.shape[2] - 1)]
        return action, step + 1, None
