"""Sums that carry on from step to step, without a loop over steps.

A loop is one small operation a step, and on a GPU mostly the launching of it. Here the stretch that
each sum has taken in doubles with every round (Hillis and Steele 1986).
"""

import torch
from torch import Tensor

from ...core.shapes import Float


def decayed_sum(
    x: Float[Tensor, "time batch"], decay: Float[Tensor, "time batch"]
) -> Float[Tensor, "time batch"]:
    """y_t = x_t + decay_t y_{t-1}, with y = 0 before the first step."""
    total, reach = x.clone(), decay.clone()
    shift = 1
    while shift < len(x):
        total[shift:] += reach[shift:] * total[:-shift]
        reach = torch.cat((reach[:shift], reach[shift:] * reach[:-shift]))
        shift *= 2
    return total
