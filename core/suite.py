"""What a suite is: a family of tasks with its environment, as one dataclass of settings."""

from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from omegaconf import OmegaConf

from .registries import SUITES
from .types import BatchedEnv, TaskSampler


@runtime_checkable
class Suite(Protocol):
    """A family of tasks.

    Attributes:
        kind: Its name in `SUITES`.
        has_success: Whether an episode can succeed or fail.
    """

    kind: str
    has_success: ClassVar[bool]

    @property
    def horizon(self) -> int:
        """The most steps of an episode."""
        ...

    @property
    def episodes_per_trial(self) -> int:
        """K."""
        ...

    def build(
        self, num_envs: int, device: torch.device, engine: Any, seed: int
    ) -> tuple[BatchedEnv, TaskSampler]:
        """Starts the environments.

        Args:
            num_envs: B.
            device: The agent's; of a tabular suite, and of a twin whose device is auto.
            engine: Settings of the simulator of mazes; the tabular suites have none.
            seed: Of a tabular environment's chances.

        Returns:
            The environment and the sampler of its tasks.
        """
        ...


def suite_of(settings: dict[str, Any]) -> Any:
    """The suite that plain settings describe, such as those stored with an agent.

    Raises:
        UserError: No suite has the name `settings["kind"]`.
    """
    schema = OmegaConf.structured(SUITES.get(settings["kind"]))
    return OmegaConf.to_object(OmegaConf.merge(schema, settings))
