"""Settings of a family of bandits: number of arms and pulls, distribution of the rewards."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from ..core.errors import UserError
from ..core.registries.groups import SUITES
from ..core.tabular.algorithms import AlgorithmRegistry
from ..core.tabular.env import TabularEnv
from ..core.tabular.published import PublishedTable
from ..core.tabular.suite import TabularSuite
from ..core.types import Spaces
from ..core.validation import check, count, fixed, positive, share
from .bayes_optimal import bayes_optimal_value, table_bytes
from .optimum import best_of_normal, best_of_uniform
from .published import DUAN2016, SNAIL

FAMILIES = ("bernoulli", "gaussian")
MAX_BAYES_OPTIMAL_BYTES = 1 << 26  # larger tables of Bayes-optimal values take too long


@SUITES.register("bandits")
@dataclass
class BanditSuite(TabularSuite):
    """Settings of a family of bandits; the defaults are the smallest of Duan et al. 2016.

    Attributes:
        num_arms: k.
        num_pulls: n, pulls of a trial.
        family: `bernoulli`: an arm pays 1 with probability p ~ U[low, high], else 0; or
            `gaussian`: an arm pays N(mean, noise_std²) with mean ~ N(0, 1).
        low: Lower bound of a Bernoulli arm's probability.
        high: Upper bound of a Bernoulli arm's probability.
        noise_std: Standard deviation of a Gaussian arm's reward.
        kind: Name of the suite.
    """

    published_tables: ClassVar[tuple[PublishedTable, ...]] = (DUAN2016, SNAIL)
    episode_word: ClassVar[str] = "pull"

    num_arms: int = count(5, least=2)
    num_pulls: int = count(10)
    family: str = "bernoulli"
    low: float = share(0.0)
    high: float = share(1.0)
    noise_std: float = positive(1.0)
    kind: str = fixed("bandits")

    def __post_init__(self):
        check(self, "suite")
        if self.family not in FAMILIES:
            raise UserError(f"suite.family is {self.family!r}; it must be one of {list(FAMILIES)}")
        if self.low > self.high:
            raise UserError(
                f"suite.low, suite.high are {self.low}, {self.high}; probabilities must satisfy "
                "0 <= low <= high <= 1"
            )

    @classmethod
    def from_name(cls, name: str) -> "BanditSuite":
        """The suite of a row, such as k5_n10 or gaussian_k5_n10.

        Raises:
            UserError: `name` names no bandits.
        """
        match = re.fullmatch(r"(gaussian_)?k(\d+)_n(\d+)", name)
        if not match:
            raise UserError(f"{name!r} names no bandits; it must be like k5_n10 or gaussian_k5_n10")
        return cls(int(match[2]), int(match[3]), FAMILIES[bool(match[1])])

    @classmethod
    def algorithms(cls) -> AlgorithmRegistry:
        """See `bandits.algorithms`."""
        from .algorithms import ALGORITHMS

        return ALGORITHMS

    @property
    def name(self) -> str:
        """Name of the row in tables, such as k5_n10 or gaussian_k5_n10."""
        family = "" if self.family == "bernoulli" else f"{self.family}_"
        return f"{family}k{self.num_arms}_n{self.num_pulls}"

    @property
    def spaces(self) -> Spaces:
        """One state; an action per arm."""
        return Spaces(
            num_actions=self.num_arms,
            num_states=1,
            num_privileged=self.num_arms + 1,
            privileged_per_action=1,
            steps_per_episode=1,
            steps_per_trial=self.num_pulls,
        )

    @property
    def horizon(self) -> int:
        """Steps of an episode: each pull is an episode."""
        return 1

    @property
    def episodes_per_trial(self) -> int:
        """Episodes of a trial: its pulls."""
        return self.num_pulls

    def with_episodes(self, episodes_per_trial: int) -> "BanditSuite":
        """The same bandits with another number of pulls."""
        return replace(self, num_pulls=episodes_per_trial)

    def sample(self, rng: torch.Generator, num_tasks: int) -> Tensor:
        """Draws the arms' mean rewards, [num_tasks, k] float32."""
        size = (num_tasks, self.num_arms)
        if self.family == "gaussian":
            return torch.randn(size, generator=rng, device=rng.device)
        uniform = torch.rand(size, generator=rng, device=rng.device)
        return self.low + (self.high - self.low) * uniform

    def check_tasks(self, tasks: Tensor) -> None:
        """Raises a ValueError unless `tasks` are mean rewards [B, k] of this family."""
        if tasks.ndim != 2 or tasks.shape[1] != self.num_arms:
            raise UserError(
                f"tasks have shape {list(tasks.shape)}; it must be [B, {self.num_arms}]"
            )
        if self.family == "bernoulli" and not bool(((tasks >= 0) & (tasks <= 1)).all()):
            raise UserError("tasks hold a probability outside [0, 1]")

    def ceiling(self, tasks: Tensor) -> Tensor:
        """Mean reward of the best arm, [B]."""
        return tasks.amax(-1)

    def expected_optimum(self) -> tuple[float, float]:
        """See `TabularSuite.expected_optimum`; exact."""
        if self.family == "gaussian":
            return self.num_pulls * best_of_normal(self.num_arms), 0.0
        return self.num_pulls * best_of_uniform(self.num_arms, self.low, self.high), 0.0

    def expected_random(self) -> float:
        """See `TabularSuite.expected_random`: arms have the same distribution."""
        mean = 0.0 if self.family == "gaussian" else (self.low + self.high) / 2
        return self.num_pulls * mean

    def bayes_optimal(self) -> float | None:
        """Bayes-optimal value, if the arms are uniform Bernoulli arms and few enough."""
        if (
            not self._is_uniform
            or table_bytes(self.num_arms, self.num_pulls) > MAX_BAYES_OPTIMAL_BYTES
        ):
            return None
        return bayes_optimal_value(self.num_arms, self.num_pulls)

    @property
    def _is_uniform(self) -> bool:
        """Whether arms pay 1 with a probability ~ U[0, 1], as the paper's."""
        return self.family == "bernoulli" and (self.low, self.high) == (0, 1)

    def make_env(self, num_envs: int, device: torch.device | str, seed: int) -> TabularEnv:
        """See `bandits.env.BanditEnv`."""
        from .env import BanditEnv

        return BanditEnv(self, num_envs, device, seed)
