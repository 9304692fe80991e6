"""Upper confidence bounds of the next reward."""

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
    """Optimistic immediate rewards, without planning (ours).

    The value of an action is its posterior mean reward plus `scale` posterior standard deviations.
    Observations count within the same episode, which plans made before the episode miss. The next
    state matters little in these MDPs, in which every state can lead to every other.
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
        env = torch.arange(len(memory.state), device=self.device)
        weight = memory.visits[env, memory.state] + self.prior.reward_weight
        spread = self.suite.noise_std / weight.sqrt()
        return self.mean_rewards(memory)[env, memory.state] + self.scale * spread
