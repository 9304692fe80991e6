"""What a gradient step of PPO goes by."""

from typing import NamedTuple

from torch import Tensor

from ..rollouts.rollout import Rollout, take_copies
from .returns import Targets


class Minibatch(NamedTuple):
    """Of b copies, all their T steps."""

    obs: Tensor  # this and the next four are the fields of a `TimeStep`, [T, b, ...]
    prev_action: Tensor
    prev_reward: Tensor
    prev_done: Tensor
    first: Tensor
    carry: Tensor  # [b, hidden], before the first step
    privileged: Tensor  # [T, b, P], what the critic is told
    image_number: Tensor  # [T, b, I] int64, see `agents.networks.rl2_agent.ActExtras`
    action: Tensor  # [T, b] int64
    log_prob: Tensor  # [T, b], of the action when it was taken
    advantage: Tensor  # [T, b], standardised
    value: Tensor  # [T, b], returns in the value head's units
    ent_coef: Tensor  # scalar


def take_minibatch(
    rollout: Rollout, targets: Targets, copies: Tensor, ent_coef: Tensor
) -> Minibatch:
    """Some copies of a rollout.

    Args:
        rollout: Of B copies.
        targets: Of its steps, [T, B] each.
        copies: Which, [b] int64 indices below B.
        ent_coef: Weight of the entropy, a scalar float32 where the rollout is.
    """
    timesteps, *others = take_copies(rollout, copies)
    per_step = (rollout.action, rollout.log_prob, targets.advantage, targets.value)
    taken = (field.index_select(1, copies) for field in per_step)
    return Minibatch._make((*timesteps, *others, *taken, ent_coef))
