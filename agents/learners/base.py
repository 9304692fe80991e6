"""The interface of learners, and the settings that they share.

A new learner is one file in this folder: a `Learner`, and its settings, which register themselves
in `LEARNERS` and build it.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from ...core.validation import at_least, check, share
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout


@runtime_checkable
class Learner(Protocol):
    """Improves an agent from rollouts.

    Attributes:
        progress: Share of the training that is done, in [0, 1]; set by the caller, for annealing.
    """

    progress: float

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Improve the agent; return statistics by name.

        Raises:
            NotFiniteError: A loss or a weight became NaN or infinite; discard the agent.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """State besides the agent's weights: tensors and plain numbers."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a `state_dict`."""
        ...


@runtime_checkable
class LearnerSettings(Protocol):
    """Settings of a learner: a dataclass that registers itself in `LEARNERS`."""

    def build(self, agent: ActorCritic, seed: int) -> Learner:
        """Build the learner of an agent; `seed` determines the order of minibatches."""
        ...


@dataclass
class ReturnSettings:
    """Settings of returns and advantages, shared by all learners.

    Attributes:
        gamma: Discount per step.
        gae_lambda: Lambda of generalised advantage estimation.
        normalise_values: The value head predicts returns in units of their running mean and
            standard deviation; if false, in units of reward.
        value_norm_decay: Decay per update of that running mean and standard deviation.
        novelty: Weight of a bonus for entering cells of a maze that are new in the episode, in
            units of reward, by the agent's own dead reckoning; it falls to 0 over the training and
            is taken back when the episode ends, see `agents.training.novelty`. Reported returns
            do not contain it.
    """

    gamma: float = share(0.99)
    gae_lambda: float = share(0.95)
    normalise_values: bool = True
    value_norm_decay: float = share(0.95, below_one=True)
    novelty: float = at_least(0, 0.0)

    def __post_init__(self):
        check(self, "learner")


class NotFiniteError(ArithmeticError):
    """A loss or a weight became NaN or infinite."""


def require_finite(agent: ActorCritic, rollout: Rollout, metrics: dict[str, float]) -> None:
    """Check the result of an update; waits for the device only here, at its end.

    Raises:
        NotFiniteError: Something is NaN or infinite; names the tensor nearest to the cause.
    """
    if all(map(math.isfinite, metrics.values())) and all(
        bool(p.isfinite().all()) for p in agent.parameters()
    ):
        return
    suspects = {
        "the reward": rollout.reward,
        "the training reward": rollout.training_reward,
        "the observation": rollout.timesteps.obs,
        "the value predicted in the rollout": rollout.value,
        "the log-probability in the rollout": rollout.log_prob,
        **{name: torch.tensor(value) for name, value in metrics.items()},
        **{f"weight {name}": weight for name, weight in agent.named_parameters()},
    }
    worst = next(name for name, tensor in suspects.items() if not tensor.isfinite().all())
    raise NotFiniteError(f"{worst} is NaN or infinite")
