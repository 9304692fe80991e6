"""Small MDPs as a batched environment."""

from typing import Any

import torch
from torch import Tensor

from ..core.tabular.env import TabularEnv
from ..core.types import EnvStep
from .planning import backward_induction
from .suite import MDPSuite, MDPTasks


class MDPEnv(TabularEnv):
    """B MDPs on one device, fully observed. An episode is truncated after T steps.

    Args:
        suite: Sizes and noise.
        num_envs: B.
        device: Device of all tensors.
        seed: Seed of next states and of the rewards' noise.
    """

    STATE = ("transitions", "rewards", "state", "time")

    def __init__(
        self,
        suite: MDPSuite,
        num_envs: int,
        device: torch.device | str = "cpu",
        seed: int = 0,
    ):
        super().__init__(num_envs, device, seed)
        self.suite = suite
        self.spaces = suite.spaces
        size = (num_envs, suite.num_states, suite.num_actions)
        self.transitions = torch.full((*size, suite.num_states), torch.nan, device=self.device)
        self.rewards = torch.full(size, torch.nan, device=self.device)
        self.state = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self.time = torch.zeros_like(self.state)
        self._env = torch.arange(num_envs, device=self.device)
        self._q: Tensor | None = None  # optimal Q values [B, T, S, A], computed on demand
        self._training_reward = torch.full((num_envs,), torch.nan, device=self.device)
        self._no = torch.zeros(num_envs, dtype=torch.bool, device=self.device)

    def set_task(self, tasks: MDPTasks, mask: Tensor) -> None:
        """Gives environment b the MDP `tasks[b]` where `mask[b]`."""
        mask = mask[:, None, None]
        transitions = torch.where(mask[..., None], tasks.transitions, self.transitions)
        self.transitions.copy_(transitions)
        self.rewards.copy_(torch.where(mask, tasks.rewards, self.rewards))
        self._q = None

    def reset(self, mask: Tensor) -> Tensor:
        """Puts environment b into state 0 where `mask[b]`; returns all states, [B] int64."""
        self.state.masked_fill_(mask, 0)
        self.time.masked_fill_(mask, 0)
        return self.state.clone()

    def step(self, action: Tensor) -> EnvStep:
        """Takes `action`, [B] int64, in the current states."""
        # Cumulative probability of the next state: draws it without a multinomial.
        at_most = self.transitions[self._env, self.state, action].cumsum(-1)[:, :-1]
        chance = torch.rand(self.num_envs, 1, generator=self.rng, device=self.device)
        noise = torch.randn(self.num_envs, generator=self.rng, device=self.device)
        mean = self.rewards[self._env, self.state, action]
        reward = mean + self.suite.noise_std * noise
        if self._q is not None:  # now: `set_task` may follow before `training_reward` is called
            q = self._q[self._env, self.time, self.state]
            self._training_reward = q[self._env, action] - q.amax(-1)
        else:
            self._training_reward = torch.full_like(mean, torch.nan)
        self.state.copy_((chance >= at_most).sum(-1))
        self.time.add_(1)
        over = self.time >= self.suite.horizon
        return EnvStep(self.state.clone(), reward, self._no, over, self._no)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`."""
        super().load_state_dict(state)
        self._q = None

    def regret(self, action: Tensor) -> Tensor:
        """Optimal value of the state less the action's. See `core.types.KnownOptimum`."""
        q = self._optimal()[self._env, self.time, self.state]
        return q.amax(-1) - q[self._env, action]

    def training_reward(self) -> Tensor:
        """Advantage of the last actions under the optimal policy. See `core.types.Privileged`."""
        return self._training_reward

    def privileged(self) -> Tensor:
        """Optimal values of the known MDP. See `core.types.Privileged`.

        Returns:
            [B, 2 A + 3]: by action, its mean reward in the current state and its advantage under
            the optimal policy; the optimal value of the rest of this episode and of a whole
            episode, both divided by T; and the share of the episode that is over.
        """
        optimal = self._optimal()
        horizon = self.suite.horizon
        q = optimal[self._env, self.time.clamp(max=horizon - 1), self.state]
        best = q.amax(-1, keepdim=True)
        whole = optimal[:, 0, 0].amax(-1, keepdim=True)
        rewards, over = self.rewards[self._env, self.state], self.time[:, None] / horizon
        return torch.cat((rewards, q - best, best / horizon, whole / horizon, over), -1)

    def privileged_pairs(self) -> Tensor:
        """Of every pair, [B, S A, 2]: mean reward, optimal advantage in an episode's first step.

        See `core.types.Privileged`. After `privileged`, whose Q values it uses.
        """
        first = (self._optimal() if self._q is None else self._q)[:, 0]
        return torch.stack((self.rewards, first - first.amax(-1, keepdim=True)), -1).flatten(1, 2)

    def _optimal(self) -> Tensor:
        """Optimal Q values [B, T, S, A]."""
        # A captured CUDA graph cannot test whether there are Q values: always compute on a GPU.
        if self._q is None or self.device.type != "cpu":
            self._q = backward_induction(self.transitions, self.rewards, self.suite.horizon)
        return self._q
