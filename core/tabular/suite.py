"""Base class of suites whose tasks are a few tensors, drawn afresh for every trial."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..random import seeding
from ..registries.groups import SUITES
from ..trial import Trial
from ..types import Spaces, TaskSampler
from .algorithms import AlgorithmRegistry
from .env import TabularEnv
from .published import PublishedReturn, PublishedTable


class TabularSuite(ABC):
    """A `core.suite.Suite` without pictures, splits or engines; it is its own task sampler.

    Attributes:
        kind: Name in `SUITES`.
        published_tables: Printed tables; the first is the original paper's, with its rows and
            algorithms in the paper's order.
        episode_word: Word for an episode in tables.
        has_priors: Whether the algorithms take a prior.
    """

    kind: str
    has_success: ClassVar[bool] = False
    episodes_differ: ClassVar[bool] = False
    published_tables: ClassVar[tuple[PublishedTable, ...]] = ()
    episode_word: ClassVar[str] = "episode"
    has_priors: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def from_name(cls, name: str) -> "TabularSuite":
        """The suite of a row, such as k5_n10.

        Raises:
            UserError: `name` names no such tasks.
        """

    @classmethod
    def paper_rows(cls) -> list[str]:
        """Names of the rows of the original paper's table."""
        return list(cls.published_tables[0].rows)

    @classmethod
    @abstractmethod
    def algorithms(cls) -> AlgorithmRegistry:
        """Algorithms that people designed for these tasks."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the row in tables."""

    @property
    @abstractmethod
    def spaces(self) -> Spaces:
        """Observations, actions and privileged features."""

    @property
    @abstractmethod
    def horizon(self) -> int:
        """Steps of an episode."""

    @property
    @abstractmethod
    def episodes_per_trial(self) -> int:
        """Episodes of a trial."""

    @abstractmethod
    def with_episodes(self, episodes_per_trial: int) -> "TabularSuite":
        """The same suite with another number of episodes per trial."""

    @abstractmethod
    def sample(self, rng: torch.Generator, num_tasks: int) -> Any:
        """Draws tasks, with leading axis `num_tasks`."""

    @abstractmethod
    def check_tasks(self, tasks: Any) -> None:
        """Raises a ValueError unless `tasks` can be played."""

    @abstractmethod
    def ceiling(self, tasks: Any) -> Tensor:
        """Mean reward of an episode under the best policy that knows the task, [B] by task."""

    @abstractmethod
    def make_env(self, num_envs: int, device: torch.device | str, seed: int) -> TabularEnv:
        """Environments; `seed` is that of their random transitions and rewards."""

    @abstractmethod
    def expected_optimum(self) -> tuple[float, float] | None:
        """Total reward of a trial under the best policy that knows the task, mean over all tasks.

        Returns:
            The expectation and its standard error, 0 if it is exact; None if it is not known.
        """

    @abstractmethod
    def expected_random(self) -> float:
        """Expected total reward of a trial under the uniformly random policy, over all tasks."""

    def bayes_optimal(self) -> float | None:
        """Expected total reward of a trial under the Bayes-optimal policy, if computable."""
        return None

    @property
    def split(self) -> None:
        """There are no splits: tasks are drawn afresh."""
        return None

    @property
    def description(self) -> str:
        """The tasks in words."""
        return f"fresh {self.kind}, {self.name}"

    @property
    def warning(self) -> str | None:
        """None: no valid settings are unusual."""
        return None

    @property
    def unnamed(self) -> dict[str, Any]:
        """Settings that the row's name leaves out and that are not the row's, such as low: 0.9."""
        usual = vars(type(self).from_name(self.name))
        return {key: value for key, value in vars(self).items() if value != usual[key]}

    def published(self) -> tuple[PublishedReturn, ...]:
        """Results printed for these tasks, table after table; none for other settings."""
        if self.unnamed:
            return ()
        return tuple(each for table in self.published_tables for each in table.row(self.name))

    def with_split(self, split: str, num_tasks: int) -> "TabularSuite":
        """The suite itself: every task is drawn afresh."""
        return self

    def build(
        self, num_envs: int, device: torch.device | None, engine: Any, seed: int = 0
    ) -> tuple[TabularEnv, TaskSampler]:
        """See `core.suite.Suite`."""
        return self._seeded_env(num_envs, device or torch.device("cpu"), seed), self

    def build_halves(self, num_envs: int, engine: Any) -> None:
        """None: environments on the agent's device have nothing to overlap with."""
        return None

    def evaluation_trial(
        self,
        num_trials: int,
        num_envs: int,
        engine: Any,
        seed: int,
        device: torch.device | None = None,
    ) -> Trial:
        """See `core.suite.Suite`. All trials run at once, on the tasks of `rl2 tables`."""
        device = device or torch.device("cpu")
        tasks = self.table_tasks(num_trials, seed, device=device)
        return self.make_trial(num_trials, device, seed, tasks)

    def table_tasks(
        self, num_tasks: int, seed: int, split: int = 0, device: torch.device | str = "cpu"
    ) -> Any:
        """Tasks of tables and evaluations: the same for rows that differ in length alone.

        Args:
            num_tasks: Leading axis of the tasks.
            seed: Seed of the table.
            split: 0 for the reported tasks, 1 for held-out tasks, on which parameters are tuned.
            device: Device of the tasks.
        """
        family = self.name.rpartition("n")[0]
        stream = int.from_bytes(family.encode(), "big") % 2**31
        rng = torch.Generator(device=device)
        rng.manual_seed(seed * seeding.TABLES + split * 2**31 + stream)
        return self.sample(rng, num_tasks)

    def make_trial(
        self,
        num_envs: int,
        device: torch.device | str = "cpu",
        seed: int = 0,
        tasks: Any = None,
    ) -> Trial:
        """Trials on fresh tasks, or on the given ones, one after another.

        Args:
            num_envs: B.
            device: Device of everything.
            seed: Seed of random transitions and rewards, in a stream of their own: an agent that
                draws from a generator of the same seed does not draw what decides its rewards.
            tasks: Tasks with leading axis N, see `core.trial.Trial`.
        """
        if tasks is not None:
            self.check_tasks(tasks)
        env = self._seeded_env(num_envs, device, seed)
        return Trial(env, self, self.episodes_per_trial, tasks)

    def _seeded_env(self, num_envs: int, device: torch.device | str, seed: int) -> TabularEnv:
        return self.make_env(num_envs, device, seed + seeding.CHANCE)


def tabular_suites() -> dict[str, type[TabularSuite]]:
    """Classes of the tabular suites, by kind."""
    return {kind: suite for kind, suite in SUITES.all().items() if issubclass(suite, TabularSuite)}
