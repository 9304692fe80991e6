"""A part of a rollout for one gradient step: some environments with all their steps."""

from typing import NamedTuple

from torch import Tensor

from ...core.types import TimeStep
from ..networks.actor_critic import NetworkInputs
from ..rollouts.rollout import Rollout
from .returns import Targets


class Minibatch(NamedTuple):
    """Some environments of a rollout, all T steps: one flat sequence of tensors to capture."""

    obs: Tensor  # this and the next four are the fields of a `TimeStep`, see `NetworkInputs`
    prev_action: Tensor
    prev_reward: Tensor
    prev_done: Tensor
    is_first: Tensor
    carry: Tensor  # this and the next three are `NetworkInputs`
    privileged: Tensor
    frame_id: Tensor  # [T, b, 1] int64, rows of obs; or [T, b, 0]
    view: Tensor  # [T, b, V] uint8; V is 0 of agents without a map
    action: Tensor  # [T, b] int64
    log_prob: Tensor  # [T, b], of the action when it was taken
    advantage: Tensor  # [T, b], standardised
    value: Tensor  # [T, b], returns in the value head's units
    label: Tensor  # [T, b, L], NaN where unknown
    ent_coef: Tensor  # scalar

    @classmethod
    def take(
        cls, rollout: Rollout, targets: Targets, envs: Tensor, ent_coef: Tensor
    ) -> "Minibatch":
        """Take some environments of a rollout.

        Args:
            rollout: Of B environments.
            targets: Of its steps, [T, B] each.
            envs: [b] int64, below B.
            ent_coef: Weight of the entropy, a scalar float32 on the rollout's device.
        """
        inputs = rollout.take_envs(envs)._asdict()
        return cls(
            **inputs.pop("timesteps")._asdict(),
            **inputs,
            action=rollout.action.index_select(1, envs),
            log_prob=rollout.log_prob.index_select(1, envs),
            advantage=targets.advantage.index_select(1, envs),
            value=targets.value.index_select(1, envs),
            label=rollout.label.index_select(1, envs),
            ent_coef=ent_coef,
        )

    @property
    def network_inputs(self) -> NetworkInputs:
        """Arguments of the network."""
        timesteps = TimeStep(**{name: getattr(self, name) for name in TimeStep._fields})
        return NetworkInputs(timesteps, self.carry, self.privileged, self.frame_id, self.view)
