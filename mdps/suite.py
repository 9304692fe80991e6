"""Settings of a family of random MDPs: sizes, and how tasks are drawn."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ..core.errors import UserError
from ..core.random.draws import dirichlet
from ..core.registries.groups import SUITES
from ..core.tabular.algorithms import AlgorithmRegistry
from ..core.tabular.env import TabularEnv
from ..core.tabular.published import PublishedTable
from ..core.tabular.suite import TabularSuite
from ..core.types import Spaces
from ..core.validation import at_least, check, count, fixed, positive
from .optimum import unit_optimum
from .planning import optimal_value
from .published import DUAN2016, SNAIL


class MDPTasks(NamedTuple):
    """B finite MDPs; every episode starts in state 0."""

    transitions: Tensor  # [B, S, A, S] float32: probability of each next state, by state and action
    rewards: Tensor  # [B, S, A] float32: mean reward


@SUITES.register("mdps")
@dataclass
class MDPSuite(TabularSuite):
    """Settings of a family of MDPs; the defaults are the smallest of Duan et al. 2016.

    Attributes:
        num_states: S; each row of transitions is drawn from the flat Dirichlet over the states.
        num_actions: A.
        horizon: T, steps of an episode.
        num_episodes: n, episodes of a trial.
        reward_mean: Mean rewards are drawn from N(reward_mean, reward_std²).
        reward_std: See `reward_mean`.
        noise_std: A reward is drawn from N(its mean, noise_std²).
        kind: Name of the suite.
    """

    published_tables: ClassVar[tuple[PublishedTable, ...]] = (DUAN2016, SNAIL)
    has_priors: ClassVar[bool] = True

    num_states: int = count(10)
    num_actions: int = count(5, least=2)
    horizon: int = count(10)  # pyright: ignore[reportIncompatibleMethodOverride]
    num_episodes: int = count(10)
    reward_mean: float = 1.0
    reward_std: float = at_least(0, 1.0)
    noise_std: float = positive(1.0)
    kind: str = fixed("mdps")

    def __post_init__(self):
        check(self, "suite")

    @classmethod
    def from_name(cls, name: str) -> "MDPSuite":
        """The suite of a row, such as n10 or s3_a2_t5_n10.

        Raises:
            UserError: `name` names no MDPs.
        """
        match = re.fullmatch(r"(?:s(\d+)_a(\d+)_t(\d+)_)?n(\d+)", name)
        if not match:
            raise UserError(f"{name!r} names no MDPs; it must be like n10 or s3_a2_t5_n10")
        states, actions, horizon, episodes = match.groups()
        return cls(int(states or 10), int(actions or 5), int(horizon or 10), int(episodes))

    @classmethod
    def algorithms(cls) -> AlgorithmRegistry:
        """See `mdps.algorithms`."""
        from .algorithms import ALGORITHMS

        return ALGORITHMS

    @property
    def name(self) -> str:
        """Name of the row in tables: n10, or s3_a2_t5_n10 for sizes other than the paper's."""
        sizes = self.num_states, self.num_actions, self.horizon
        prefix = "" if sizes == (10, 5, 10) else "s{}_a{}_t{}_".format(*sizes)
        return f"{prefix}n{self.num_episodes}"

    @property
    def spaces(self) -> Spaces:
        """The states are fully observed."""
        return Spaces(
            num_actions=self.num_actions,
            num_states=self.num_states,
            num_privileged=2 * self.num_actions + 3,
            privileged_per_action=2,
            privileged_per_pair=2,
            steps_per_episode=self.horizon,
            steps_per_trial=self.horizon * self.num_episodes,
        )

    @property
    def episodes_per_trial(self) -> int:
        """Episodes of a trial."""
        return self.num_episodes

    def with_episodes(self, episodes_per_trial: int) -> "MDPSuite":
        """The same MDPs with another number of episodes per trial."""
        return replace(self, num_episodes=episodes_per_trial)

    def sample(self, rng: torch.Generator, num_tasks: int) -> MDPTasks:
        """Draws MDPs."""
        size = (num_tasks, self.num_states, self.num_actions)
        flat = torch.ones((*size, self.num_states), device=rng.device)
        noise = torch.randn(size, generator=rng, device=rng.device)
        return MDPTasks(dirichlet(flat, rng), self.reward_mean + self.reward_std * noise)

    def check_tasks(self, tasks: MDPTasks) -> None:
        """Raises a ValueError unless `tasks` are MDPs of these sizes."""
        shape = (self.num_states, self.num_actions, self.num_states)
        if tasks.transitions.shape[1:] != shape or tasks.rewards.shape[1:] != shape[:2]:
            raise UserError(
                f"tasks have shapes {list(tasks.transitions.shape)}, {list(tasks.rewards.shape)}; "
                f"they must be [B, {', '.join(map(str, shape))}], [B, {shape[0]}, {shape[1]}]"
            )
        sums = tasks.transitions.sum(-1)
        if bool((tasks.transitions < 0).any()) or not torch.allclose(sums, torch.ones_like(sums)):
            raise UserError("tasks hold transition probabilities below 0 or not summing to 1")

    def ceiling(self, tasks: MDPTasks) -> Tensor:
        """Optimal value of an episode from state 0, [B]."""
        return optimal_value(tasks.transitions, tasks.rewards, self.horizon)

    def expected_optimum(self) -> tuple[float, float] | None:
        """See `TabularSuite.expected_optimum`; measured, see `mdps.optimum`."""
        unit = unit_optimum(self.num_states, self.num_actions, self.horizon)
        if unit is None:
            return None
        mean, se = (self.num_episodes * self.reward_std * each for each in unit)
        return self.num_episodes * self.horizon * self.reward_mean + mean, se

    def expected_random(self) -> float:
        """See `TabularSuite.expected_random`: all mean rewards have the same distribution."""
        return self.num_episodes * self.horizon * self.reward_mean

    def make_env(self, num_envs: int, device: torch.device | str, seed: int) -> TabularEnv:
        """See `mdps.env.MDPEnv`."""
        from .env import MDPEnv

        return MDPEnv(self, num_envs, device, seed)
