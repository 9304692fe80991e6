"""Losses of the auxiliary task: labels that an agent predicts from its memory, in training only."""

import torch
from torch import Tensor

from ..networks.actor_critic import RECKONED, ActorCritic
from .minibatch import Minibatch


def auxiliary_losses(
    agent: ActorCritic, prediction: Tensor, batch: Minibatch
) -> tuple[Tensor, Tensor]:
    """Mean squared errors of the labels, and of those of visits alone; 0 where there are none.

    Unknown labels (NaN) count as predicted.

    Args:
        agent: Says which labels it predicts, `aux` and `num_visits`.
        prediction: [T, b, L] float32; the last `num_visits` are of visits.
        batch: Holds the labels.

    Returns:
        Two scalars: without visits, of visits.
    """
    none = batch.advantage.new_zeros(())
    if agent.aux == "none":
        return none, none
    if agent.aux in RECKONED:
        error = torch.where(batch.label.isnan(), 0.0, prediction - batch.label)
    else:
        error = prediction - batch.privileged
    if not agent.num_visits:
        return error.square().mean(), none
    visits = error[..., -agent.num_visits :]
    return error[..., : -agent.num_visits].square().mean(), visits.square().mean()
