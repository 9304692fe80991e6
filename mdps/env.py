"""Small MDPs as a batched environment."""

from typing import Any

import torch
from torch import Tensor

from ..core.tabular_env import TabularEnv
from ..core.trial import Trial
from ..core.types import EnvStep, Spaces
from .planning import backward_induction
from .suite import MDPSuite, MDPTasks


class MDPEnv(TabularEnv):
    """B MDPs on one device, fully observed. An episode is cut (truncated) after T steps.

    Args:
        suite: Sizes and noise.
        num_envs: B.
        device: Where everything lives.
        seed: Of the next states and of the rewards' noise.
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
        self.spaces = Spaces(
            num_actions=suite.num_actions,
            num_states=suite.num_states,
            num_privileged=2 * suite.num_actions + 3,
        )
        size = (num_envs, suite.num_states, suite.num_actions)
        self.transitions = torch.full((*size, suite.num_states), torch.nan, device=self.device)
        self.rewards = torch.full(size, torch.nan, device=self.device)
        self.state = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self.time = torch.zeros_like(self.state)
        self._copy = torch.arange(num_envs, device=self.device)
        self._plan: Tensor | None = None  # [B, T, S, A], worked out where it is asked for
        self._training_reward = torch.full((num_envs,), torch.nan, device=self.device)
        self._no = torch.zeros(num_envs, dtype=torch.bool, device=self.device)

    def set_task(self, tasks: MDPTasks, mask: Tensor) -> None:
        """Gives copy b the MDP `tasks[b]` where `mask[b]`."""
        of_each = mask[:, None, None]
        chances = torch.where(of_each[..., None], tasks.transitions, self.transitions)
        self.transitions.copy_(chances)
        self.rewards.copy_(torch.where(of_each, tasks.rewards, self.rewards))
        self._plan = None

    def reset(self, mask: Tensor) -> Tensor:
        """Puts copy b into state 0 where `mask[b]`; returns all states, [B] int64."""
        self.state.masked_fill_(mask, 0)
        self.time.masked_fill_(mask, 0)
        return self.state.clone()

    def step(self, action: Tensor) -> EnvStep:
        """Takes action [B] int64 in each copy's state."""
        # Chance that the next state is at most s', which draws it without a multinomial.
        at_most = self.transitions[self._copy, self.state, action].cumsum(-1)[:, :-1]
        chance = torch.rand(self.num_envs, 1, generator=self.rng, device=self.device)
        noise = torch.randn(self.num_envs, generator=self.rng, device=self.device)
        mean = self.rewards[self._copy, self.state, action]
        reward = mean + self.suite.noise_std * noise
        if self._plan is not None:  # the task may be another when the credit is asked for
            here = self._plan[self._copy, self.time, self.state]
            self._training_reward = here[self._copy, action] - here.amax(-1)
        else:
            self._training_reward = torch.full_like(mean, torch.nan)
        self.state.copy_((chance >= at_most).sum(-1))
        self.time.add_(1)
        over = self.time >= self.suite.horizon
        return EnvStep(self.state.clone(), reward, self._no, over, self._no)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`."""
        if "cumulative" in state:  # which checkpoints held before they held the chances themselves
            none = torch.zeros_like(state["cumulative"][..., :1])
            state = state | {"transitions": state["cumulative"].diff(dim=-1, prepend=none)}
        super().load_state_dict(state)
        self._plan = None

    def training_reward(self) -> Tensor:
        """What the last actions lose on the best ones. See `core.types.Privileged`."""
        return self._training_reward

    def privileged(self) -> Tensor:
        """What the best policy that knows the MDP expects. See `core.types.Privileged`.

        Returns:
            [B, 2 A + 3]: per action its mean reward here, and what it loses on the best one; what
            the best one still earns in this episode and earns in a whole one, a step of a full
            episode; and the share of the episode that is over.
        """
        # On a GPU a step may be a recorded one, which cannot look whether there is a plan.
        if self._plan is None or self.device.type != "cpu":
            self._plan = backward_induction(self.transitions, self.rewards, self.suite.horizon)
        horizon = self.suite.horizon
        here = self._plan[self._copy, self.time.clamp(max=horizon - 1), self.state]
        best = here.amax(-1, keepdim=True)
        whole = self._plan[:, 0, 0].amax(-1, keepdim=True)
        rewards, over = self.rewards[self._copy, self.state], self.time[:, None] / horizon
        return torch.cat((rewards, here - best, best / horizon, whole / horizon, over), -1)


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
