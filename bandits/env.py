"""Bandits as a batched environment: every copy pulls one arm of its own bandit at every step."""

import torch
from torch import Tensor

from ..core.tabular_env import TabularEnv
from ..core.trial import Trial
from ..core.types import EnvStep, Spaces
from .suite import BanditSuite


class BanditEnv(TabularEnv):
    """B bandits on one device. There is one state, so the observation says nothing.

    Args:
        suite: How the arms pay.
        num_envs: B.
        device: Where everything lives.
        seed: Of the arms' pay.
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
        self.spaces = Spaces(
            num_actions=suite.num_arms, num_states=1, num_privileged=suite.num_arms + 1
        )
        self.means = torch.full((num_envs, suite.num_arms), torch.nan, device=self.device)
        self._state = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self._yes = torch.ones(num_envs, dtype=torch.bool, device=self.device)
        self._no = ~self._yes
        self._training_reward = torch.full((num_envs,), torch.nan, device=self.device)

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives copy b the arms' means `tasks[b]`, [k], where `mask[b]`."""
        self.means.copy_(torch.where(mask[:, None], tasks, self.means))

    def reset(self, mask: Tensor) -> Tensor:
        """The next pull's observation, [B] int64, always 0."""
        return self._state

    def step(self, action: Tensor) -> EnvStep:
        """Pulls arm `action[b]` of copy b; every pull ends its episode."""
        mean = self.means.gather(1, action[:, None]).squeeze(1)
        if self.suite.family == "bernoulli":
            chance = torch.rand(self.num_envs, generator=self.rng, device=self.device)
            reward = (chance < mean).float()
        else:
            noise = torch.randn(self.num_envs, generator=self.rng, device=self.device)
            reward = mean + self.suite.noise_std * noise
        self._training_reward = mean - self.means.amax(-1)
        return EnvStep(self._state, reward, self._yes, self._no, self._no)

    def training_reward(self) -> Tensor:
        """What the pulled arms' means lack of the best arm's. See `core.types.Privileged`."""
        return self._training_reward

    def privileged(self) -> Tensor:
        """Every arm's mean, and the best one: [B, k + 1]. See `core.types.Privileged`."""
        return torch.cat((self.means, self.means.amax(-1, keepdim=True)), -1)


def make_trial(
    suite: BanditSuite,
    num_envs: int,
    device: torch.device | str = "cpu",
    seed: int = 0,
    tasks: Tensor | None = None,
) -> Trial:
    """Trials of n pulls on fresh bandits, or on the given `tasks` [N, k], one after another."""
    if tasks is not None:
        suite.check_tasks(tasks)
    env = BanditEnv(suite, num_envs, device, seed)
    return Trial(env, suite, suite.episodes_per_trial, tasks)
