"""The random walk."""

import torch
from torch import Tensor

from ...core.random.draws import random_actions
from ...core.trial import Trial
from ...core.types import TimeStep
from . import SCRIPTED_AGENTS


@SCRIPTED_AGENTS.agent("random walk", "uniformly random actions")
class RandomWalk:
    """Uniformly random actions.

    Args:
        trial: See `mazes.baselines.ScriptedAgent`.
    """

    def __init__(self, trial: Trial):
        self._num_actions = trial.env.spaces.num_actions

    def initial_carry(self, batch_size: int) -> None:
        """None: there is no memory."""

    def act(
        self, carry: None, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, None, None]:
        """See `core.types.Agent`."""
        return random_actions(len(timestep.is_first), self._num_actions, rng), None, None
