"""Which bandits a run plays: how many arms and pulls, and how the arms pay."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..core import seeding
from ..core.registries import SUITES
from ..core.types import BatchedEnv, TaskSampler

FAMILIES = ("bernoulli", "gaussian")


@SUITES.register("bandits")
@dataclass
class BanditSuite:
    """Settings of a family of bandits; the defaults are the paper's smallest.

    Attributes:
        num_arms: k.
        num_pulls: n, the pulls of one trial.
        family: `bernoulli`, an arm pays 1 with probability p ~ U[low, high], else 0; or
            `gaussian`, an arm pays N(mean, noise_std²) with mean ~ N(0, 1).
        low: The least probability of a Bernoulli arm.
        high: The greatest probability of a Bernoulli arm.
        noise_std: Standard deviation of a Gaussian arm's pay.
        kind: Which suite this is.
    """

    num_arms: int = 5
    num_pulls: int = 10
    family: str = "bernoulli"
    low: float = 0.0
    high: float = 1.0
    noise_std: float = 1.0
    kind: str = "bandits"

    def __post_init__(self):
        if self.num_arms < 2:
            raise ValueError(f"num_arms is {self.num_arms}; a choice needs at least 2 arms")
        if self.num_pulls < 1:
            raise ValueError(f"num_pulls is {self.num_pulls}; it must be at least 1")
        if self.family not in FAMILIES:
            raise ValueError(f"family is {self.family!r}; it must be one of {list(FAMILIES)}")
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(
                f"low, high are {self.low}, {self.high}; probabilities must satisfy "
                "0 <= low <= high <= 1"
            )
        if self.noise_std <= 0:
            raise ValueError(f"noise_std is {self.noise_std}; it must be above 0")

    has_success: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """As in the tables: k5_n10."""
        return f"k{self.num_arms}_n{self.num_pulls}"

    @classmethod
    def from_name(cls, name: str) -> "BanditSuite":
        """The Bernoulli suite that `name` names."""
        match = re.fullmatch(r"k(\d+)_n(\d+)", name)
        if not match:
            raise ValueError(f"{name!r} names no bandits; it must be like k5_n10")
        return cls(int(match[1]), int(match[2]))

    @property
    def horizon(self) -> int:
        """Steps of one episode: each pull is an episode."""
        return 1

    @property
    def episodes_per_trial(self) -> int:
        """A trial's episodes are its pulls."""
        return self.num_pulls

    def sample(self, rng: torch.Generator, num_tasks: int) -> Tensor:
        """Draws the arms' means, [num_tasks, k] float32; the suite is its own task sampler."""
        size = (num_tasks, self.num_arms)
        if self.family == "gaussian":
            return torch.randn(size, generator=rng, device=rng.device)
        uniform = torch.rand(size, generator=rng, device=rng.device)
        return self.low + (self.high - self.low) * uniform

    def check_tasks(self, tasks: Tensor) -> None:
        """Refuses tasks that did not come from `sample` and cannot be played."""
        if tasks.ndim != 2 or tasks.shape[1] != self.num_arms:
            raise ValueError(
                f"tasks have shape {list(tasks.shape)}; it must be [B, {self.num_arms}]"
            )
        if self.family == "bernoulli" and not bool(((tasks >= 0) & (tasks <= 1)).all()):
            raise ValueError("tasks hold a probability outside [0, 1]")

    def build(
        self, num_envs: int, device: torch.device, engine: Any, seed: int
    ) -> tuple[BatchedEnv, TaskSampler]:
        """See `core.suite.Suite`."""
        from .env import BanditEnv

        return BanditEnv(self, num_envs, device, seed + seeding.CHANCE), self
