"""What a learner is, the settings that all learners have, and their way to give up."""

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from ...core.errors import UserError
from ..rollouts.rollout import Rollout


@runtime_checkable
class Learner(Protocol):
    """Improves an RL² agent from rollouts.

    Attributes:
        progress: Share of the training that is done, in [0, 1]; the caller sets it for annealing.
    """

    progress: float

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Improves the agent; returns statistics by name.

        Raises:
            NotFiniteError: Something became NaN or infinite; the agent is not to be kept.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs besides the agent's weights: tensors and plain numbers."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` gave."""
        ...


@dataclass
class ReturnSettings:
    """How a learner reads a rollout.

    Attributes:
        gamma: Discount a step.
        gae_lambda: Lambda of the advantage estimate.
        normalise_values: The value head learns returns in units of their running mean and
            deviation; without, in units of reward.
        value_norm_decay: Per update, of the running mean and deviation of returns.
    """

    gamma: float = 0.99
    gae_lambda: float = 0.95
    normalise_values: bool = True
    value_norm_decay: float = 0.95

    def __post_init__(self):
        for name in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"learner.{name} is {getattr(self, name)}; it must be in [0, 1]")
        if not 0 <= self.value_norm_decay < 1:
            raise UserError(
                f"learner.value_norm_decay is {self.value_norm_decay}; it must be in [0, 1)"
            )

    def require_positive(self, *names: str) -> None:
        """Checks settings that make sense above 0 alone."""
        for name in names:
            if getattr(self, name) <= 0:
                raise UserError(f"learner.{name} is {getattr(self, name)}; it must be above 0")


class NotFiniteError(ArithmeticError):
    """A loss or a weight became NaN or infinite."""


def require_finite(agent: nn.Module, rollout: Rollout, metrics: dict[str, float]) -> None:
    """Checks what an update left, once, and without waiting for the device before its end.

    Raises:
        NotFiniteError: Something is NaN or infinite; named is the tensor nearest to the cause.
    """
    if all(map(math.isfinite, metrics.values())) and all(
        bool(p.isfinite().all()) for p in agent.parameters()
    ):
        return
    suspects = {
        "the reward": rollout.reward,
        "the credit": rollout.training_reward,
        "the observation": rollout.timesteps.obs,
        "the value predicted in the rollout": rollout.value,
        "the log-probability in the rollout": rollout.log_prob,
        **{name: torch.tensor(value) for name, value in metrics.items()},
        **{f"weight {name}": weight for name, weight in agent.named_parameters()},
    }
    worst = next(name for name, tensor in suspects.items() if not tensor.isfinite().all())
    raise NotFiniteError(f"{worst} is NaN or infinite")
