"""Bayes-optimal value of small Bernoulli bandits: an upper bound for every agent.

Dynamic programming over all belief states. With p_i = (1 + w_i) / (2 + w_i + l_i) the expected
reward of an arm that paid w_i times and failed l_i times, and h pulls left,

    V_h(w, l) = max_i  p_i (1 + V_{h-1}(w + e_i, l)) + (1 - p_i) V_{h-1}(w, l + e_i),   V_0 = 0.

There are about n^(2k) such states, which limits this to k = 2 and, with fewer pulls, k = 3.
"""

import math
from functools import cache

import torch

from ..core.errors import UserError

MAX_BYTES = 1 << 30


def table_bytes(num_arms: int, num_pulls: int) -> float:
    """Size of the table of values, bytes."""
    try:
        return 8 * float(num_pulls + 1) ** (2 * num_arms)
    except OverflowError:
        return math.inf


@cache
def bayes_optimal_value(num_arms: int, num_pulls: int, max_bytes: int = MAX_BYTES) -> float:
    """Expected total reward of the Bayes-optimal policy, with p ~ U[0, 1] for each arm.

    Args:
        num_arms: k.
        num_pulls: n.
        max_bytes: Largest table allowed.

    Raises:
        UserError: The sizes are too small, or the table would be larger than `max_bytes`.
    """
    if num_arms < 2 or num_pulls < 1:
        raise UserError(
            f"num_arms, num_pulls are {num_arms}, {num_pulls}; they must be at least 2 and 1"
        )
    size = table_bytes(num_arms, num_pulls)
    if size > max_bytes:
        raise UserError(
            f"num_arms, num_pulls are {num_arms}, {num_pulls}; the table of optimal values would "
            f"take {size / 2**30:.3g} GiB, more than {max_bytes / 2**30:.3g}"
        )
    dims = 2 * num_arms  # axes: wins of arm 0, losses of arm 0, wins of arm 1, ...
    value = torch.zeros([num_pulls + 1] * dims, dtype=torch.float64)
    for side in range(num_pulls, 0, -1):
        best = torch.full([side] * dims, -torch.inf, dtype=torch.float64)
        count = torch.arange(side, dtype=torch.float64)
        for arm in range(num_arms):
            shape = [1] * dims
            shape[2 * arm], shape[2 * arm + 1] = side, side
            p = ((1 + count)[:, None] / (2 + count[:, None] + count)).view(shape)
            after_loss = [slice(side)] * dims
            after_win = list(after_loss)
            after_win[2 * arm] = slice(1, side + 1)
            after_loss[2 * arm + 1] = slice(1, side + 1)
            win, loss = value[tuple(after_win)], value[tuple(after_loss)]
            best = torch.maximum(best, p * (1 + win) + (1 - p) * loss)
        value = best
    return value.item()
