"""The Bayes-optimal value of small Bernoulli bandits: what no agent, learnt or designed, exceeds.

By dynamic programming over all that can have been seen. With p_i = (1 + w_i) / (2 + w_i + l_i)
the expected pay of an arm that paid w_i times and failed l_i times, and h pulls left,

    V_h(w, l) = max_i  p_i (1 + V_{h-1}(w + e_i, l)) + (1 - p_i) V_{h-1}(w, l + e_i),   V_0 = 0.

There are about n^(2k) such states, so this is for k = 2 and, with fewer pulls, 3.
"""

import torch

MAX_BYTES = 1 << 30


def bayes_optimal_value(num_arms: int, num_pulls: int, max_bytes: int = MAX_BYTES) -> float:
    """Expected total pay of the best policy, over p ~ U[0, 1] for each arm.

    Args:
        num_arms: k.
        num_pulls: n.
        max_bytes: A table larger than this is an error.
    """
    if num_arms < 2 or num_pulls < 1:
        raise ValueError(
            f"num_arms, num_pulls are {num_arms}, {num_pulls}; they must be at least 2 and 1"
        )
    dims = 2 * num_arms  # axes: wins of arm 0, losses of arm 0, wins of arm 1, ...
    size = 8 * float(num_pulls + 1) ** dims
    if size > max_bytes:
        raise ValueError(
            f"num_arms, num_pulls are {num_arms}, {num_pulls}; the table of optimal values would "
            f"take {size / 2**30:.3g} GiB, more than {max_bytes / 2**30:.3g}"
        )
    value = torch.zeros([num_pulls + 1] * dims, dtype=torch.float64)
    for side in range(num_pulls, 0, -1):
        best = torch.full([side] * dims, -torch.inf, dtype=torch.float64)
        count = torch.arange(side, dtype=torch.float64)
        for arm in range(num_arms):
            shape = [1] * dims
            shape[2 * arm], shape[2 * arm + 1] = side, side
            p = ((1 + count)[:, None] / (2 + count[:, None] + count)).view(shape)
            lost = [slice(side)] * dims
            won = list(lost)
            won[2 * arm] = slice(1, side + 1)
            lost[2 * arm + 1] = slice(1, side + 1)
            best = torch.maximum(best, p * (1 + value[tuple(won)]) + (1 - p) * value[tuple(lost)])
        value = best
    return value.item()
