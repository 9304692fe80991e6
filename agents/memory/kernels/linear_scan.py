"""Linear recurrences over a rollout, h_t = a_t h_(t-1) + b_t for each unit, with their derivative.

The derivative with respect to b is the same recurrence backward in time, so that one scan serves
both directions. Two steps are one step of the same form,

    h_(t+1) = (a_(t+1) a_t) h_(t-1) + (a_(t+1) b_t + b_(t+1)),

which makes the recurrence a parallel prefix scan (Blelloch 1990; Martin and Cundy 2018): combine
neighbours, scan half as many steps, fill in the others. That takes 2 log2(T) operations of torch
instead of T. It multiplies and adds only: where |a| <= 1 nothing can grow, and a_t = 0, the start
of a trial, cuts the past off exactly. (Scans in logarithms, or that divide by products of a, lose
either.) On a CPU `linear_scan_numba` runs step by step, 2 to 4 times as fast.
"""

from typing import Any

import torch
from torch import Tensor

from ....core.shapes import Bool

COMPILED = (torch.float32, torch.complex64)


def linear_scan(
    a: Tensor, b: Tensor, before: Tensor, is_first: Bool[Tensor, "time batch"]
) -> Tensor:
    """Scan a rollout; can be differentiated once.

    Args:
        a: Factors, real or complex, absolutely at most 1: [T, B, H] or, constant in time, [H].
        b: Summands, [T, B, H].
        before: State before the first step, [B, H].
        is_first: First steps of trials, at which the state before counts as zero.

    Returns:
        States after each step, [T, B, H].
    """
    factors = a * ~is_first[..., None]
    scan: type[torch.autograd.Function] = LinearScan
    if b.device.type == "cpu" and b.dtype in COMPILED:
        from .linear_scan_numba import LinearScanOnCPU  # importing numba takes a second

        scan = LinearScanOnCPU
    return scan.apply(factors, b, before)  # type: ignore[no-any-return]


class LinearScan(torch.autograd.Function):
    """The scan in torch operations, on any device.

    Args (of `apply`):
        a, b: [T, B, H].
        before: [B, H].
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, before: Tensor) -> Tensor:
        """Run forward; save factors and states."""
        states = _scan(a, torch.cat(((a[0] * before + b[0])[None], b[1:])))
        ctx.save_for_backward(a, states, before)
        return states

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scan backward in time."""
        a, states, before = ctx.saved_tensors
        a = a.conj()
        after = torch.cat((torch.zeros_like(a[:1]), a[1:].flip(0)))
        by_b = _scan(after, grads[0].flip(0)).flip(0)
        by_a = by_b * torch.cat((before[None], states[:-1])).conj()
        return by_a, by_b, a[0] * by_b[0]


def _scan(a: Tensor, b: Tensor) -> Tensor:
    """States after each step, from a state of zero."""
    if len(b) == 1:
        return b
    even = len(b) // 2 * 2
    first, second = slice(0, even, 2), slice(1, even, 2)
    odd = _scan(a[second] * a[first], torch.addcmul(b[second], a[second], b[first]))
    states = torch.empty_like(b)
    states[0] = b[0]
    states[1::2] = odd
    rest = slice(2, None, 2)
    states[rest] = torch.addcmul(b[rest], a[rest], odd[: (len(b) - 1) // 2])
    return states
