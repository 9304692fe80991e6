"""Gittins indices of a Bernoulli arm: the constant reward per pull that is worth as much.

An arm that paid w times and failed l times has posterior Beta(1 + w, 1 + l). The choice is to
retire for a known reward lambda per pull, or to pull once more; the index is the lambda at which
both are worth the same (Gittins 1979). It is found by calibration: backward induction over all
(w, l), for a grid of lambdas, of the advantage Q of pulling over retiring at once,

    discounted:      Q(w, l)    = (1 - g) (p - lambda) + g E[max(0, Q(next))]
    finite horizon:  Q_h(w, l)  =         (p - lambda) +   E[max(0, Q_{h-1}(next))]

with p = (1 + w) / (2 + w + l). Q decreases in lambda; its zero is the index. With h pulls left, the
second index is the finite-horizon Gittins index of Kaufmann (2018); the policy that pulls the arm
of the greatest index is close to optimal, but not exactly.
"""

import math

import torch
from torch import Tensor

from ..core.errors import UserError
from ..core.tabular.cache import cached

DEPTH = 1000  # lookahead of a discounted table, pulls, as in the paper's code
LAMBDAS = 1001  # grid of the discounted tables; the zero between two points is interpolated
LAMBDAS_FINITE = 257
CHUNK = 16  # lambdas computed together in the finite-horizon table, to fit the processor's cache
MAX_BYTES = 1 << 30  # 1,000 pulls take 0.62 GiB


def closed_form(wins: Tensor, losses: Tensor, discount: float) -> Tensor:
    """Approximation of the discounted index, attributed to Whittle.

    p + p(1 - p) / (n sqrt((2c + 1/n) p(1 - p)) + p - 1/2), n = w + l + 2, c = -ln(discount). At
    discount .99 it lies within .025 of the table from 10 pulls on.
    """
    n = wins + losses + 2
    p = (1 + wins) / n
    variance = p * (1 - p)
    return p + variance / (n * ((1 / n - 2 * math.log(discount)) * variance).sqrt() + p - 0.5)


def discounted_table(discount: float, depth: int = DEPTH) -> Tensor:
    """Table of discounted indices, from the cache or computed.

    At the last depth the arm's mean is taken to be known.

    Args:
        discount: Discount factor, between 0 and 1.
        depth: Lookahead, pulls.

    Returns:
        [depth + 1, depth + 1] float32 by (pulls, wins); 0 where wins > pulls.
    """
    if not 0 < discount < 1:
        raise UserError(f"discount is {discount}; it must lie between 0 and 1")
    key = f"gittins_discounted_{discount}_{depth}_{LAMBDAS}"
    return cached(key, lambda: _discounted(discount, depth))


def _discounted(discount: float, depth: int) -> Tensor:
    grid = torch.linspace(0, 1, LAMBDAS)
    table = torch.zeros(depth + 1, depth + 1)
    gain = torch.empty(0)
    for pulls in range(depth, -1, -1):
        p = ((1 + torch.arange(pulls + 1)) / (2 + pulls))[:, None]
        advantage = p - grid
        if pulls < depth:
            ahead = p * gain[1:] + (1 - p) * gain[:-1]
            advantage = (1 - discount) * advantage + discount * ahead
        table[pulls, : pulls + 1] = _zero_crossing(advantage, grid)
        gain = advantage.clamp_(min=0)
    return table


def finite_horizon_table(num_pulls: int) -> Tensor:
    """Table of finite-horizon indices, from the cache or computed.

    Computing takes about 40 s for 500 pulls and grows with their cube.

    Returns:
        Flat float32, indexed by (pulls left, pulls, wins); see `finite_horizon_rows`.

    Raises:
        UserError: The table would be too large.
    """
    size = 4 * sum(triangle(num_pulls - h + 1) for h in range(1, num_pulls + 1))
    if size > MAX_BYTES:
        raise UserError(
            f"num_pulls is {num_pulls}; its finite-horizon Gittins table would take "
            f"{size / 2**30:.1f} GiB, more than {MAX_BYTES / 2**30:.1f}: use algorithm gittins, "
            "whose tables are discounted"
        )
    key = f"gittins_finite_{num_pulls}_{LAMBDAS_FINITE}"
    return cached(key, lambda: _finite_horizon(num_pulls))


def triangle(pulls: int) -> int:
    """Number of pairs (pulls, wins) below the given pulls, with wins <= pulls."""
    return pulls * (pulls + 1) // 2


def finite_horizon_rows(num_pulls: int) -> list[int]:
    """Offset in the table of each number of pulls left, 1 .. num_pulls (entry 0 is unused).

    From there, (pulls, wins) is at triangle(pulls) + wins, for pulls <= num_pulls - pulls left.
    """
    starts = [0, 0]
    for left in range(1, num_pulls):
        starts.append(starts[-1] + triangle(num_pulls - left + 1))
    return starts


def _finite_horizon(num_pulls: int) -> Tensor:
    grid = torch.linspace(0, 1, LAMBDAS_FINITE)
    starts = finite_horizon_rows(num_pulls)
    table = torch.zeros(starts[-1] + 1)
    pulls = torch.arange(num_pulls).repeat_interleave(torch.arange(num_pulls) + 1)
    wins = torch.arange(len(pulls)) - pulls * (pulls + 1) // 2
    count = torch.arange(num_pulls)
    p_all = ((1 + count)[:, None] / (2 + count[:, None] + count))[..., None]  # by (wins, losses)
    for chunk in range(0, LAMBDAS_FINITE - 1, CHUNK):
        some = grid[chunk : chunk + CHUNK + 1]  # neighbours share a point
        gain = torch.zeros(num_pulls + 1, num_pulls + 1, len(some))
        for left in range(1, num_pulls + 1):
            m = num_pulls - left + 1
            p = p_all[:m, :m]
            advantage = torch.lerp(gain[:m, 1 : m + 1], gain[1 : m + 1, :m], p).add_(p - some)
            states = triangle(m)
            index = _zero_crossing(advantage, some)[wins[:states], (pulls - wins)[:states]]
            table[starts[left] : starts[left] + states] += index
            gain = advantage.clamp_(min=0)
    return table


def _zero_crossing(decreasing: Tensor, grid: Tensor) -> Tensor:
    """Distance along the grid at which a decreasing function [..., L] crosses zero; [...]."""
    left, right = decreasing[..., :-1], decreasing[..., 1:]
    return (left / (left - right)).clamp_(0, 1).sum(-1) * (grid[1] - grid[0])
