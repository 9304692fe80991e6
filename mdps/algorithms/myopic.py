"""Looking one step ahead, and at every step."""

import torch
from torch import Tensor

from ..suite import MDPSuite
from . import ALGORITHMS
from .base import Memory, Prior
from .optimism import Scaled


@ALGORITHMS.algorithm(
    "myopic_ucb", "UCB, one step ahead", tunes="scale", grid=[i / 4 for i in range(15)]
)
class MyopicUCB(Scaled):
    """The reward that an action may earn now, and nothing of where it leads (ours).

    An action is worth its posterior mean reward and `scale` posterior standard deviations. What an
    episode shows counts in the same episode, which plans made before it miss; and where an action
    leads matters little in these MDPs, which may lead from anywhere to anywhere.
    """

    def __init__(
        self,
        suite: MDPSuite,
        scale: float = 1.0,
        prior: str | Prior = "published",
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, scale, prior, device)

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """No plan."""
        return memory.plan

    def values(self, memory: Memory, episode_step: int) -> Tensor:
        """Optimistic mean rewards."""
        copy = torch.arange(len(memory.state), device=self.device)
        weight = memory.visits[copy, memory.state] + self.prior.reward_weight
        spread = self.suite.noise_std / weight.sqrt()
        return self.mean_rewards(memory)[copy, memory.state] + self.scale * spread
