"""The maze suite: settings of the mazes, the rules and the trials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch

from ..core.errors import UserError
from ..core.registries.groups import SUITES
from ..core.trial import Trial
from ..core.types import BatchedEnv, Spaces
from ..core.validation import check, count, fixed
from .doom.pool import DoomPool, EngineSettings
from .maze import Maze
from .planning.shortest_paths import shortest_lengths
from .published import PublishedResult, published_results
from .reckoning.labels import ReckonedLabels
from .reckoning.novelty import NoveltyCounts
from .reckoning.paths import Paths
from .reckoning.visits import Visits
from .rules import HORIZONS, LEAST_REWARD, MazeRules
from .spaces import maze_spaces
from .tasks import MazeSet, MazeTasks
from .twin.twin import TwinSettings

MANY = 20  # episodes of a long trial
SIZES = {3: "small", 5: "large"}  # of the paper's mazes, by rooms a side


@SUITES.register("mazes")
@dataclass
class MazeSuite:
    """Settings of the suite.

    Attributes:
        kind: Name of the suite.
        tasks: The set of mazes.
        rules: Movement, rewards, horizon, observation.
        episodes_per_trial: K; Duan et al. 2016 train and test with 2.
    """

    has_success: ClassVar[bool] = True

    kind: str = fixed("mazes")
    tasks: MazeTasks = field(default_factory=MazeTasks)
    rules: MazeRules = field(default_factory=MazeRules)
    episodes_per_trial: int = count(2, most=10_000)

    def __post_init__(self):
        check(self, "suite")
        if self.tasks.num_targets > self.episodes_per_trial:
            raise UserError(
                f"suite.tasks.num_targets is {self.tasks.num_targets}; a trial has "
                f"{self.episodes_per_trial} episode{'s' * (self.episodes_per_trial > 1)}, "
                "each with one target: give no more targets, or raise episodes_per_trial"
            )

    @property
    def name(self) -> str:
        """Movement and size, such as walk_small.

        Then what is new in each episode, such as `_new_target`; `_many` if a trial has `MANY`
        episodes or more; `_changed` if another setting is unusual.
        """
        tasks, rules, usual = self.tasks, self.rules, MazeTasks()
        size = SIZES.get(tasks.rooms, f"rooms_{tasks.rooms}")
        plain = all(getattr(tasks, key) == getattr(usual, key) for key in ("generator", "loops"))
        plain &= set(tasks.texture_sets) <= set(usual.texture_sets)
        plain &= self.warning is None
        new = "_new_start" * (tasks.num_starts > 1) + "_new_target" * (tasks.num_targets > 1)
        new += "_many" * (self.episodes_per_trial >= MANY)
        return f"{rules.movement}_{size}{new}" + "_changed" * (not plain)

    @property
    def episodes_differ(self) -> bool:
        """Whether episodes of a trial have different starts or targets."""
        return min(max(self.tasks.num_starts, self.tasks.num_targets), self.episodes_per_trial) > 1

    @property
    def description(self) -> str:
        """The mazes in words."""
        tasks = self.tasks
        new = ", a new start in every episode" * (tasks.num_starts > 1)
        new += ", a new target in every episode" * (tasks.num_targets > 1)
        return (
            f"mazes of {tasks.rooms}x{tasks.rooms} rooms, split {tasks.split_name}, "
            f"{self.rules.movement} movement{new}"
        )

    @property
    def spaces(self) -> Spaces:
        """Images; three actions."""
        return maze_spaces(self.rules)

    @property
    def horizon(self) -> int:
        """Most steps of an episode."""
        return self.rules.horizon

    @property
    def split(self) -> str:
        """Split of the mazes."""
        return self.tasks.split_name

    @property
    def warning(self) -> str | None:
        """A line for the user if the horizon is another size's: `rooms` does not change it."""
        rooms, rules = self.tasks.rooms, self.rules
        usual = HORIZONS[rules.movement].get(rooms, rules.horizon)
        if usual == rules.horizon:
            return None
        return (
            f"suite.rules.horizon is {rules.horizon}; {rooms}x{rooms} rooms are usually given "
            f"{usual} steps by {rules.movement} movement"
        )

    def with_split(self, split: str, num_tasks: int) -> "MazeSuite":
        """The same suite on `num_tasks` mazes of another split."""
        return replace(self, tasks=replace(self.tasks, split=split, num_mazes=num_tasks))

    def with_episodes(self, episodes_per_trial: int) -> "MazeSuite":
        """The same suite with another number of episodes per trial."""
        return replace(self, episodes_per_trial=episodes_per_trial)

    def published(self) -> tuple[PublishedResult, ...]:
        """See `mazes.published`."""
        return published_results(self.tasks, self.rules)

    def shortest_lengths(self, mazes: Sequence[Maze]) -> np.ndarray:
        """Steps of the shortest path by maze and episode of a trial, [N, K] int64."""
        return shortest_lengths(mazes, self.rules.movement, self.episodes_per_trial)

    def label_maker(self, num_envs: int, kind: str) -> ReckonedLabels:
        """See `core.suite.Reckoned`. The reward has to show walls and targets."""
        period = self._reckoned_period("agent.aux=none")
        num_starts = min(self.tasks.num_starts, self.episodes_per_trial)
        visits = Visits(num_envs, self._reach, num_starts) if kind == "visits" else None
        paths = Paths(num_envs, self._reach, period) if kind == "paths" else None
        hindsight = kind in ("hindsight", "paths")
        return ReckonedLabels(self.rules, num_envs, period, hindsight, visits, paths)

    def novelty_counter(self, num_envs: int) -> NoveltyCounts:
        """See `core.suite.Reckoned`. The reward has to show walls and targets."""
        period = self._reckoned_period("learner.novelty=0")
        return NoveltyCounts(self.rules, num_envs, period, self._reach)

    @property
    def _reach(self) -> int:
        """Cells from a start to the farthest wall, or as far as an episode can lead."""
        return min(2 * self.tasks.rooms, self.horizon + 1)

    def _reckoned_period(self, otherwise: str) -> int:
        """Number of episodes after which start and target recur, for dead reckoning.

        Raises:
            UserError: The reward does not show walls and targets; `otherwise` is the way out.
        """
        rules, tasks = self.rules, self.tasks
        if key := rules.silent_reward:
            raise UserError(
                f"suite.rules.{key} is {getattr(rules, key)}; dead reckoning reads it from the "
                f"reward, where it must be {LEAST_REWARD} or more in size; otherwise give "
                f"{otherwise}"
            )
        return min(math.lcm(tasks.num_starts, tasks.num_targets), self.episodes_per_trial)

    def build(
        self,
        num_envs: int,
        device: torch.device | None,
        engine: EngineSettings | TwinSettings,
        seed: int = 0,
    ) -> tuple[BatchedEnv, MazeSet]:
        """See `core.suite.Suite`. Nothing but the choice of mazes is random: `seed` is unused.

        A twin whose device is auto runs on `device`, or if that is None on CUDA if there is any.
        """
        mazes = MazeSet.draw(self.tasks)
        if isinstance(engine, TwinSettings) and engine.device == "auto" and device is not None:
            engine = replace(engine, device=device.type)
        return engine.start(mazes, self.rules, num_envs), mazes

    def evaluation_trial(
        self,
        num_trials: int,
        num_envs: int,
        engine: EngineSettings | TwinSettings,
        seed: int,
        device: torch.device | None = None,
    ) -> Trial:
        """See `core.suite.Suite`. Trial i is on maze i of the set."""
        if num_trials > self.tasks.num_mazes:
            raise UserError(
                f"num_trials is {num_trials}, but the suite has {self.tasks.num_mazes} mazes; "
                "each trial needs its own"
            )
        env, mazes = self.build(min(num_envs, num_trials), device, engine, seed)
        tasks = torch.arange(num_trials, device=env.device)
        return Trial(env, mazes, self.episodes_per_trial, tasks)

    def build_halves(
        self, num_envs: int, engine: EngineSettings | TwinSettings
    ) -> tuple[list[BatchedEnv], MazeSet] | None:
        """See `core.suite.Suite`: two pools of engines on the same mazes.

        The second pool uses other cores than the first as far as there are any. The twin gains
        nothing by double-buffered sampling.
        """
        if isinstance(engine, TwinSettings):
            return None
        mazes = MazeSet.draw(self.tasks)
        first = DoomPool(mazes, self.rules, num_envs, engine)
        try:
            taken = len(first.worker_pids)
            return [first, DoomPool(mazes, self.rules, num_envs, engine, taken)], mazes
        except BaseException:
            first.close()
            raise
