"""The protocol of a suite: a family of tasks with its environment, as one dataclass of settings.

A suite registers itself in `core.registries.groups.SUITES`. Programs ask it for what they need and
never for its kind. Suites whose tasks are a few tensors share `core.tabular.suite.TabularSuite`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import torch
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from .checked_suite import require_suite
from .errors import UserError, first_line
from .registries.groups import SUITES
from .trial import Trial
from .types import BatchedEnv, LabelMaker, Spaces, TaskSampler

Self = TypeVar("Self")


@runtime_checkable
class Published(Protocol):
    """A printed result of an agent; each suite adds the figures that are printed for it."""

    @property
    def agent(self) -> str:
        """Name of the agent: an algorithm's, or as in a table."""
        ...

    @property
    def source(self) -> str:
        """Paper and table."""
        ...


@runtime_checkable
class Suite(Protocol):
    """A family of tasks.

    Attributes:
        kind: Name in `SUITES`.
        has_success: Whether an episode can succeed or fail.
    """

    kind: str
    has_success: ClassVar[bool]

    @property
    def name(self) -> str:
        """Short name of these settings, such as k5_n10 or walk_small."""
        ...

    @property
    def description(self) -> str:
        """The tasks in words, for titles, such as "fresh bandits, k5_n10"."""
        ...

    @property
    def spaces(self) -> Spaces:
        """Observations, actions and privileged features."""
        ...

    @property
    def horizon(self) -> int:
        """Most steps of an episode."""
        ...

    @property
    def episodes_per_trial(self) -> int:
        """K."""
        ...

    @property
    def episodes_differ(self) -> bool:
        """Whether episodes of a trial are different tasks, such as to another target.

        An evaluation then also runs the trials with the agent's memory reset at every episode.
        """
        ...

    @property
    def split(self) -> str | None:
        """Split that the tasks are drawn from; None if each is drawn afresh."""
        ...

    @property
    def warning(self) -> str | None:
        """A line for the user if the settings are valid but unusual."""
        ...

    def build(
        self, num_envs: int, device: torch.device | None, engine: Any, seed: int = 0
    ) -> tuple[BatchedEnv, TaskSampler]:
        """Start the environments.

        Args:
            num_envs: B.
            device: Device of the agent; None for the default of the suite.
            engine: Settings of the simulator of mazes; tabular suites ignore them.
            seed: Seed of the environments' random transitions and rewards.

        Returns:
            The environments and the sampler of their tasks.
        """
        ...

    def build_halves(
        self, num_envs: int, engine: Any
    ) -> tuple[Sequence[BatchedEnv], TaskSampler] | None:
        """Start two groups of environments for double-buffered sampling.

        Args:
            num_envs: Environments of each group.
            engine: Settings of the simulator.

        Returns:
            The two groups and the sampler of their tasks; None if the suite gains nothing by it.
        """
        ...

    def evaluation_trial(
        self,
        num_trials: int,
        num_envs: int,
        engine: Any,
        seed: int,
        device: torch.device | None = None,
    ) -> Trial:
        """Start environments for an evaluation, in which each task is used once.

        Args:
            num_trials: Number of tasks, one per trial.
            num_envs: Most environments at a time; tabular suites run all trials at once.
            engine: Settings of the simulator of mazes; tabular suites ignore them.
            seed: Seed of tasks and environments.
            device: Device of the environments; None for the default of the suite.

        Returns:
            A trial with `tasks`; close its `env` in the end.
        """
        ...

    def with_split(self: Self, split: str, num_tasks: int) -> Self:
        """The same suite on `num_tasks` tasks of another split.

        A suite that draws every task afresh has no splits and returns itself.
        """
        ...

    def with_episodes(self: Self, episodes_per_trial: int) -> Self:
        """The same suite with another number of episodes per trial."""
        ...

    def published(self) -> Sequence[Published]:
        """Results printed for exactly these tasks; empty if there are none."""
        ...


@runtime_checkable
class Reckoned(Protocol):
    """A suite whose agents can tell by dead reckoning where they are."""

    def label_maker(self, num_envs: int, kind: str) -> LabelMaker:
        """Labels by dead reckoning for `num_envs` environments.

        Args:
            num_envs: B.
            kind: Of labels, a value of `agent.aux`: dead_reckoning; hindsight, where later steps of
                a rollout may label earlier ones; visits or paths, whose further labels follow.

        Raises:
            UserError: The suite's settings do not allow it.
        """
        ...

    def novelty_counter(self, num_envs: int) -> LabelMaker:
        """Counts of cells that were entered, for a bonus, see `agents.training.novelty`.

        Args:
            num_envs: B.

        Returns:
            Instead of labels it gives [T, B, 2] float32: new cells of the episode, in which the
            target is not known yet, before and after each action; 0 after an episode's end.

        Raises:
            UserError: The suite's settings do not allow it.
        """
        ...


def suite_of(settings: dict[str, Any]) -> Any:
    """The suite that plain settings describe, such as those stored with an agent.

    Raises:
        UserError: No suite has the name `settings["kind"]`, or the settings are wrong.
    """
    if not isinstance(settings, dict) or not isinstance(settings.get("kind"), str):
        raise UserError(f"the settings of a suite name no kind of suite: {settings!r}")
    schema = OmegaConf.structured(SUITES.get_stored(settings["kind"]))
    try:
        suite = OmegaConf.to_object(OmegaConf.merge(schema, settings))
    except UserError:
        raise
    except (OmegaConfBaseException, ValueError) as error:  # or of its __post_init__
        raise UserError(f"the settings of a suite are wrong: {first_line(error)}") from error
    require_suite(suite)
    return suite
