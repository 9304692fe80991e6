"""Bandits as a batched environment."""

import torch
from torch import Tensor

from ..core.tabular.env import TabularEnv
from ..core.types import EnvStep
from .suite import BanditSuite


class BanditEnv(TabularEnv):
    """B bandits on one device. There is a single state, so the observation is always 0.

    Args:
        suite: Number of arms and distribution of their rewards.
        num_envs: B.
        device: Device of all tensors.
        seed: Seed of the rewards.
    """

    STATE = ("means",)

    def __init__(
        self,
        suite: BanditSuite,
        num_envs: int,
        device: torch.device | str = "cpu",
        seed: int = 0,
    ):
        super().__init__(num_envs, device, seed)
        self.suite = suite
        self.spaces = suite.spaces
        self.means = torch.full((num_envs, suite.num_arms), torch.nan, device=self.device)
        self._state = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self._yes = torch.ones(num_envs, dtype=torch.bool, device=self.device)
        self._no = ~self._yes
        self._training_reward = torch.full((num_envs,), torch.nan, device=self.device)

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives environment b the mean rewards `tasks[b]`, [k], where `mask[b]`."""
        self.means.copy_(torch.where(mask[:, None], tasks, self.means))

    def reset(self, mask: Tensor) -> Tensor:
        """Observation before the next pull, [B] int64, always 0."""
        return self._state

    def step(self, action: Tensor) -> EnvStep:
        """Pulls arm `action[b]` of bandit b; every pull ends its episode."""
        mean = self._mean(action)
        if self.suite.family == "bernoulli":
            chance = torch.rand(self.num_envs, generator=self.rng, device=self.device)
            reward = (chance < mean).float()
        else:
            noise = torch.randn(self.num_envs, generator=self.rng, device=self.device)
            reward = mean + self.suite.noise_std * noise
        self._training_reward = mean - self.means.amax(-1)
        return EnvStep(self._state, reward, self._yes, self._no, self._no)

    def regret(self, action: Tensor) -> Tensor:
        """Mean reward of the best arm less the pulled one's. See `core.types.KnownOptimum`."""
        return self.means.amax(-1) - self._mean(action)

    def training_reward(self) -> Tensor:
        """Mean reward of the pulled arm minus that of the best. See `core.types.Privileged`."""
        return self._training_reward

    def privileged(self) -> Tensor:
        """Mean reward of every arm and of the best, [B, k + 1]. See `core.types.Privileged`."""
        return torch.cat((self.means, self.means.amax(-1, keepdim=True)), -1)

    def _mean(self, action: Tensor) -> Tensor:
        """Mean reward of the pulled arms, [B]."""
        return self.means.gather(1, action[:, None]).squeeze(1)
