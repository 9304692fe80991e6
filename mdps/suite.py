"""Which MDPs a run plays: how many states and actions, and how they are drawn."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from ..core import seeding
from ..core.draws import dirichlet
from ..core.registries import SUITES
from ..core.types import BatchedEnv, TaskSampler


class MDPTasks(NamedTuple):
    """B finite MDPs; every episode starts in state 0."""

    transitions: Tensor  # [B, S, A, S] float32: chance of each next state, by state and action
    rewards: Tensor  # [B, S, A] float32: mean reward


@SUITES.register("mdps")
@dataclass
class MDPSuite:
    """Settings of a family of MDPs; the defaults are the paper's smallest.

    Attributes:
        num_states: S; each row of transitions is drawn from the flat Dirichlet over them.
        num_actions: A.
        horizon: T, steps of an episode.
        num_episodes: n, the episodes of one trial.
        reward_mean: Mean rewards are drawn from N(reward_mean, reward_std²).
        reward_std: See `reward_mean`.
        noise_std: A reward is N(its mean, noise_std²).
        kind: Which suite this is.
    """

    num_states: int = 10
    num_actions: int = 5
    horizon: int = 10
    num_episodes: int = 10
    reward_mean: float = 1.0
    reward_std: float = 1.0
    noise_std: float = 1.0
    kind: str = "mdps"

    def __post_init__(self):
        for key, least in (
            ("num_states", 1),
            ("num_actions", 2),
            ("horizon", 1),
            ("num_episodes", 1),
        ):
            if getattr(self, key) < least:
                raise ValueError(f"{key} is {getattr(self, key)}; it must be at least {least}")
        if self.reward_std < 0:
            raise ValueError(f"reward_std is {self.reward_std}; it must not be negative")
        if self.noise_std <= 0:
            raise ValueError(f"noise_std is {self.noise_std}; it must be above 0")

    has_success: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """As in the tables: n10, or s3_a2_t5_n10 for sizes other than the paper's."""
        sizes = self.num_states, self.num_actions, self.horizon
        prefix = "" if sizes == (10, 5, 10) else "s{}_a{}_t{}_".format(*sizes)
        return f"{prefix}n{self.num_episodes}"

    @classmethod
    def from_name(cls, name: str) -> "MDPSuite":
        """The suite that `name` names."""
        match = re.fullmatch(r"(?:s(\d+)_a(\d+)_t(\d+)_)?n(\d+)", name)
        if not match:
            raise ValueError(f"{name!r} names no MDPs; it must be like n10 or s3_a2_t5_n10")
        states, actions, horizon, episodes = match.groups()
        return cls(int(states or 10), int(actions or 5), int(horizon or 10), int(episodes))

    @property
    def episodes_per_trial(self) -> int:
        """How many episodes a trial has."""
        return self.num_episodes

    def sample(self, rng: torch.Generator, num_tasks: int) -> MDPTasks:
        """Draws MDPs; the suite is its own task sampler."""
        size = (num_tasks, self.num_states, self.num_actions)
        flat = torch.ones((*size, self.num_states), device=rng.device)
        noise = torch.randn(size, generator=rng, device=rng.device)
        return MDPTasks(dirichlet(flat, rng), self.reward_mean + self.reward_std * noise)

    def check_tasks(self, tasks: MDPTasks) -> None:
        """Refuses tasks that did not come from `sample` and cannot be played."""
        shape = (self.num_states, self.num_actions, self.num_states)
        if tasks.transitions.shape[1:] != shape or tasks.rewards.shape[1:] != shape[:2]:
            raise ValueError(
                f"tasks have shapes {list(tasks.transitions.shape)}, {list(tasks.rewards.shape)}; "
                f"they must be [B, {', '.join(map(str, shape))}], [B, {shape[0]}, {shape[1]}]"
            )
        sums = tasks.transitions.sum(-1)
        if bool((tasks.transitions < 0).any()) or not torch.allclose(sums, torch.ones_like(sums)):
            raise ValueError("tasks hold transition probabilities below 0 or not summing to 1")

    def build(
        self, num_envs: int, device: torch.device, engine: Any, seed: int
    ) -> tuple[BatchedEnv, TaskSampler]:
        """See `core.suite.Suite`."""
        from .env import MDPEnv

        return MDPEnv(self, num_envs, device, seed + seeding.CHANCE), self
