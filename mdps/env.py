"""Small MDPs as a batched environment."""

import torch
from torch import Tensor

from mdps.tasks import MDPSuite, MDPTasks
from trials.tabular import TabularEnv
from trials.trial import Trial
from trials.types import EnvStep, Spaces


class MDPEnv(TabularEnv):
    """B MDPs on one device, fully observed. An episode is cut (truncated) after T steps.

    Args:
        suite: Sizes and noise.
        num_envs: B.
        device: Where everything lives.
        seed: Of the next states and of the rewards' noise.
    """

    STATE = ("cumulative", "rewards", "state", "time")

    def __init__(
        self,
        suite: MDPSuite,
        num_envs: int,
        device: torch.device | str = "cpu",
        seed: int = 0,
    ):
        super().__init__(num_envs, device, seed)
        self.suite = suite
        self.spaces = Spaces(num_actions=suite.num_actions, num_states=suite.num_states)
        size = (num_envs, suite.num_states, suite.num_actions)
        # Chance that the next state is at most s', which draws it without a multinomial.
        self.cumulative = torch.full((*size, suite.num_states), torch.nan, device=self.device)
        self.rewards = torch.full(size, torch.nan, device=self.device)
        self.state = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self.time = torch.zeros_like(self.state)
        self._copy = torch.arange(num_envs, device=self.device)
        self._no = torch.zeros(num_envs, dtype=torch.bool, device=self.device)

    def set_task(self, tasks: MDPTasks, mask: Tensor) -> None:
        """Gives copy b the MDP `tasks[b]` where `mask[b]`."""
        cumulative = tasks.transitions.cumsum(-1)
        self.cumulative = torch.where(mask[:, None, None, None], cumulative, self.cumulative)
        self.rewards = torch.where(mask[:, None, None], tasks.rewards, self.rewards)

    def reset(self, mask: Tensor) -> Tensor:
        """Puts copy b into state 0 where `mask[b]`; returns all states, [B] int64."""
        self.state = torch.where(mask, 0, self.state)
        self.time = torch.where(mask, 0, self.time)
        return self.state

    def step(self, action: Tensor) -> EnvStep:
        """Takes action [B] int64 in each copy's state."""
        row = self.cumulative[self._copy, self.state, action, :-1]
        chance = torch.rand(self.num_envs, 1, generator=self.rng, device=self.device)
        noise = torch.randn(self.num_envs, generator=self.rng, device=self.device)
        reward = self.rewards[self._copy, self.state, action] + self.suite.noise_std * noise
        self.state = (chance >= row).sum(-1)
        self.time = self.time + 1
        return EnvStep(self.state, reward, self._no, self.time >= self.suite.horizon, self._no)


def make_trial(
    suite: MDPSuite,
    num_envs: int,
    device: torch.device | str = "cpu",
    seed: int = 0,
    tasks: MDPTasks | None = None,
) -> Trial:
    """Trials of n episodes on fresh MDPs, or on the given `tasks`, one after another."""
    if tasks is not None:
        suite.check_tasks(tasks)
    env = MDPEnv(suite, num_envs, device, seed)
    return Trial(env, suite, suite.episodes_per_trial, tasks)
