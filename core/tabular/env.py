"""Base class of environments without pictures: a few tensors on one device."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from ..types import EnvStep, Spaces


class TabularEnv(ABC):
    """B small environments. Tensors change in place, so that CUDA graphs can capture a step.

    Attributes:
        STATE: Names of the tensors that `step` and `set_task` change.
        spaces: Observations and actions; set by the subclass.
        rng: Generator of random transitions and rewards.

    Args:
        num_envs: B.
        device: Device of all tensors.
        seed: Seed of `rng`.
    """

    STATE: tuple[str, ...] = ()
    spaces: Spaces

    def __init__(self, num_envs: int, device: torch.device | str = "cpu", seed: int = 0):
        self.num_envs = num_envs
        self.device = torch.device(device)
        self.rng = torch.Generator(device=self.device).manual_seed(seed)

    @abstractmethod
    def set_task(self, tasks: Any, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""

    @abstractmethod
    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""

    @abstractmethod
    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""

    @abstractmethod
    def regret(self, action: Tensor) -> Tensor:
        """See `core.types.KnownOptimum`."""

    def privileged_pairs(self) -> Tensor:
        """See `core.types.Privileged`; there are none unless a subclass adds them."""
        return torch.empty(self.num_envs, 0, 0, device=self.device)

    def state_dict(self) -> dict[str, Any]:
        """See `core.types.Resumable`."""
        tensors = {name: getattr(self, name).clone() for name in self.STATE}
        return {"rng": self.rng.get_state(), **tensors}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`."""
        self.rng.set_state(state["rng"])
        for name in self.STATE:
            getattr(self, name).copy_(state[name])

    def close(self) -> None:  # noqa: B027
        """Does nothing: there is nothing to free."""
