"""The maze suite as one record: which mazes, which rules, how many episodes a trial."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch

from ..core.registries import SUITES
from ..core.types import BatchedEnv
from .doom.pool import DoomPool, EngineSettings
from .rules import HORIZONS, MazeRules
from .tasks import MazeSet, MazeTasks
from .twin.twin import TwinEnv, TwinSettings


@SUITES.register("mazes")
@dataclass
class MazeSuite:
    """Settings of the suite.

    Attributes:
        kind: Which suite this is.
        tasks: The set of mazes.
        rules: Movement, rewards, horizon, observation.
        episodes_per_trial: K; the paper trains and tests with 2.
    """

    has_success: ClassVar[bool] = True

    kind: str = "mazes"
    tasks: MazeTasks = field(default_factory=MazeTasks)
    rules: MazeRules = field(default_factory=MazeRules)
    episodes_per_trial: int = 2

    def __post_init__(self):
        if self.episodes_per_trial < 1:
            raise ValueError(
                f"episodes_per_trial is {self.episodes_per_trial}; it must be at least 1"
            )

    @property
    def horizon(self) -> int:
        """The most steps of an episode."""
        return self.rules.horizon

    def doubt(self) -> str | None:
        """A line for the user if the horizon is another size's: `rooms` alone does not move it."""
        rooms, rules = self.tasks.rooms, self.rules
        usual = HORIZONS[rules.movement].get(rooms, rules.horizon)
        if usual == rules.horizon:
            return None
        return (
            f"suite.rules.horizon is {rules.horizon}; {rooms}x{rooms} rooms are usually given "
            f"{usual} steps by {rules.movement} movement"
        )

    def for_evaluation(self, split: str, num_tasks: int) -> "MazeSuite":
        """The same suite on mazes of another split."""
        return replace(self, tasks=replace(self.tasks, split=split, num_mazes=num_tasks))

    def build(
        self,
        num_envs: int,
        device: torch.device | None,
        engine: EngineSettings | TwinSettings,
        seed: int = 0,
    ) -> tuple[BatchedEnv, MazeSet]:
        """See `core.suite.Suite`. Only the mazes are random, so no seed is used.

        A twin whose device is auto runs on `device`, or if that is None on CUDA if there is any.
        """
        mazes = MazeSet.draw(self.tasks)
        if isinstance(engine, TwinSettings):
            if engine.device == "auto" and device is not None:
                engine = replace(engine, device=device.type)
            return TwinEnv(mazes, self.rules, num_envs, engine), mazes
        return DoomPool(mazes, self.rules, num_envs, engine), mazes

    def build_halves(
        self, num_envs: int, engine: EngineSettings | TwinSettings
    ) -> tuple[list[BatchedEnv], MazeSet] | None:
        """Two pools of engines on the same mazes, on other cores as far as there are any.

        For double-buffered sampling: one half steps while the policy acts for the other.

        Args:
            num_envs: Of each half.
            engine: Settings of the engines.

        Returns:
            The pools and the sampler of their tasks; None for the twin, which gains nothing by it.
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
