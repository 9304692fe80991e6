"""Generalised advantage estimation (Schulman et al. 2016) over trials.

RL² maximises the return of a whole trial, so credit flows across the ends of episodes: reaching
the target quickly in episode 2 rewards looking around in episode 1. Only a trial's end cuts it.
"""

import torch
from torch import Tensor

from ...core.shapes import Bool, Float
from .running_sums import decayed_sum


def gae(
    reward: Float[Tensor, "time batch"],
    value: Float[Tensor, "time batch"],
    trial_done: Bool[Tensor, "time batch"],
    crashed: Bool[Tensor, "time batch"],
    last_value: Float[Tensor, " batch"],
    gamma: float,
    gae_lambda: float,
) -> Float[Tensor, "time batch"]:
    """Advantages A_t = sum_l (gamma lambda)^l delta_{t+l} up to the trial's end.

    Here delta_t = r_t + gamma V_{t+1} - V_t, with V = 0 after a trial's end, and `last_value`
    after the rollout's. Returns (targets of the value) are `advantage + value`. Where a simulator
    broke (`crashed`, which also ends the trial), delta is 0: nothing is known of what came after.
    """
    goes_on = 1.0 - trial_done.float()
    next_value = torch.cat((value[1:], last_value[None])) * goes_on
    delta = (reward + gamma * next_value - value) * ~crashed
    from_the_end = decayed_sum(delta.flip(0), (gamma * gae_lambda * goes_on).flip(0))
    return from_the_end.flip(0)
