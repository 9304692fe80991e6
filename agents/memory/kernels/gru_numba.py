"""The GRU of `kernels.gru_torch` compiled for a CPU: all packed steps in one call, in threads.

A packed step of a few trials is too little work for a library call. Here each thread takes blocks
of four trials through all of their steps. Four rows of states times four rows of weights fill the
registers, and the compiler vectorises the loop over units, whose number it has to know for that.
Products that do not depend on the step before are left to torch.

Accurate to a few units in the last place of float32 around 1; NaN stays NaN.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

from ...runtime.precision import is_in_bfloat16
from .gru_torch import CANDIDATES, n_first

SMALLEST = 32  # units; fewer are not worth seconds of compilation
MOST_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore
FUSED = {"contract"}  # x * y + z may be rounded once; no other reordering
ONE, TWO = np.float32(1), np.float32(2)


def fits(hidden_size: int) -> bool:
    """Return whether there are kernels for this number of units."""
    return hidden_size >= SMALLEST and hidden_size % 4 == 0


class GRUScanOnCPU(torch.autograd.Function):
    """`kernels.gru_torch.GRUScan` in float32, for a number of units that `fits`.

    Within `runtime.precision.in_bfloat16`, products of all rows at once are of bfloat16, and those
    from step to step of float32.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        hidden: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
        sizes: list[int],
        candidate: str,
    ) -> Tensor:
        """Run forward; save each row's n, r, z and U_n h + c_n, as `GRUScan` does."""
        size = hidden.shape[1]
        from_input, bias = n_first(weight_ih, bias_ih, bias_hh)
        gates = x.new_empty(len(x), 4 * size)
        if is_in_bfloat16(x.device):
            x = x.bfloat16()
            gates[:, : 3 * size].copy_(x @ from_input).add_(bias)
        else:
            torch.addmm(bias, x, from_input, out=gates[:, : 3 * size])
        gates[:, 3 * size :] = bias_hh[2 * size :]
        states = torch.cat((hidden, hidden.new_empty(len(x), size)))
        step_sizes = np.array(sizes, np.int64)
        forward, _ = _kernels(size, candidate)
        _run(forward, gates, states, weight_hh.T.contiguous(), step_sizes)
        ctx.save_for_backward(x, weight_ih, weight_hh, states, gates)
        ctx.step_sizes, ctx.candidate = step_sizes, candidate
        return states[len(hidden) :]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Run backward; gradients of the four sums are laid out as in `GRUScan`: U_n, r, z, W_n."""
        x, weight_ih, weight_hh, states, gates = ctx.saved_tensors
        num_trials, size = len(states) - len(x), states.shape[1]
        slopes, before = torch.empty_like(gates), gates.new_empty(len(x), size)
        by_hidden = gates.new_zeros(num_trials, size)
        weight = weight_hh.roll(size, 0)  # rows n, r, z
        _, backward = _kernels(size, ctx.candidate)
        grad = grads[0].contiguous()
        _run(backward, gates, states, weight, ctx.step_sizes, grad, slopes, before, by_hidden)

        by_bias = slopes.sum(0)
        bias_hh = by_bias[: 3 * size].roll(-size)
        slopes, before = slopes.to(x.dtype), before.to(x.dtype)  # bfloat16 if x is
        for_h, for_x = slopes[:, : 3 * size], slopes[:, size:]
        by_x = for_x @ weight_ih.to(x.dtype)
        by_ih, by_hh = for_x.T @ x, (for_h.T @ before).roll(-size, 0)
        by_x, by_ih, by_hh = by_x.float(), by_ih.float(), by_hh.float()
        return by_x, by_hidden, by_ih, by_hh, by_bias[size:], bias_hh, None, None


def _run(kernel: Callable, *arrays: Tensor | np.ndarray) -> None:
    """Call a kernel with torch's number of threads."""
    numba.set_num_threads(min(torch.get_num_threads(), MOST_THREADS))
    kernel(*(x.detach().numpy() if isinstance(x, Tensor) else x for x in arrays))


@functools.cache
def _kernels(size: int, candidate: str) -> tuple[Callable, Callable]:
    """The forward and the backward kernel, which numba caches on disk by their closure."""
    assert fits(size)
    assert candidate in CANDIDATES
    tanh = candidate == "tanh"
    all_gates = 3 * size

    def forward(gates, states, to_gates, step_sizes):
        num_trials = step_sizes[0]
        num_blocks = (num_trials + 3) // 4
        for index in numba.prange(num_blocks):
            begin = 4 * _block_of(index, num_blocks)
            now = np.zeros((4, size), np.float32)
            active = min(4, num_trials - begin)
            _copy_rows(states, begin, now, 0, active)
            sums = np.empty((4, all_gates), np.float32)
            top = begin  # row of the block's first trial at this step
            for step in range(len(step_sizes)):
                active = min(4, step_sizes[step] - begin)
                if active <= 0:
                    break
                sums[:] = 0
                _add_product(now, to_gates, sums)
                for i in range(active):
                    row = top + i
                    for j in range(size):
                        r = _sigmoid(gates[row, size + j] + sums[i, j])
                        z = _sigmoid(gates[row, 2 * size + j] + sums[i, size + j])
                        n_h = gates[row, 3 * size + j] + sums[i, 2 * size + j]
                        n = gates[row, j] + r * n_h
                        if tanh:
                            n = TWO * _sigmoid(TWO * n) - ONE
                        elif n < 0:
                            n = np.float32(0)
                        gates[row, j] = n
                        gates[row, size + j] = r
                        gates[row, 2 * size + j] = z
                        gates[row, 3 * size + j] = n_h
                        now[i, j] = n + z * (now[i, j] - n)
                        states[num_trials + row, j] = now[i, j]
                top += step_sizes[step]

    def backward(gates, states, weight, step_sizes, grad, slopes, before, by_hidden):
        num_trials = step_sizes[0]
        num_blocks = (num_trials + 3) // 4
        for index in numba.prange(num_blocks):
            begin = 4 * _block_of(index, num_blocks)
            now = np.zeros((4, size), np.float32)  # gradients of the states
            here = np.zeros((4, all_gates), np.float32)  # gradients of their products
            top = begin + len(grad)
            for step in range(len(step_sizes) - 1, -1, -1):
                top -= step_sizes[step]
                active = min(4, step_sizes[step] - begin)
                # The states before the first step precede those of all rows.
                shift = num_trials - (step_sizes[step - 1] if step else num_trials)
                for i in range(active):
                    row = top + i
                    for j in range(size):
                        n, r = gates[row, j], gates[row, size + j]
                        z, n_h = gates[row, 2 * size + j], gates[row, 3 * size + j]
                        h = states[row + shift, j]
                        total = now[i, j] + grad[row, j]
                        by_n_x = total * (ONE - z)
                        if tanh:
                            by_n_x *= ONE - n * n
                        elif n <= 0:
                            by_n_x = np.float32(0)
                        by_n_h, by_r = by_n_x * r, by_n_x * n_h * r * (ONE - r)
                        by_z = total * (h - n) * z * (ONE - z)
                        here[i, j], here[i, size + j], here[i, 2 * size + j] = by_n_h, by_r, by_z
                        slopes[row, j], slopes[row, size + j] = by_n_h, by_r
                        slopes[row, 2 * size + j], slopes[row, 3 * size + j] = by_z, by_n_x
                        before[row, j] = h
                        now[i, j] = total * z
                if active > 0:
                    _add_product(here, weight, now)
            _copy_rows(now, 0, by_hidden, begin, min(4, num_trials - begin))

    return _compile(forward, parallel=True), _compile(backward, parallel=True)


def _compile(function: Callable, **options: Any) -> Callable:
    return numba.njit(
        nogil=True, cache=True, fastmath=FUSED, error_model="numpy", boundscheck=False, **options
    )(inspect.unwrap(function))


def _mixed_block(index, num_blocks):
    """The block at an index of the loop: long ones and short ones alternate.

    Blocks are sorted by length, and a thread has consecutive indices.
    """
    return num_blocks - 1 - index // 2 if index % 2 else index // 2


def _add_product_of_four(rows, weight, out):
    """Add rows @ weight to four rows."""
    for k in range(0, rows.shape[1], 4):
        a0, a1, a2, a3 = rows[0, k], rows[0, k + 1], rows[0, k + 2], rows[0, k + 3]
        b0, b1, b2, b3 = rows[1, k], rows[1, k + 1], rows[1, k + 2], rows[1, k + 3]
        c0, c1, c2, c3 = rows[2, k], rows[2, k + 1], rows[2, k + 2], rows[2, k + 3]
        d0, d1, d2, d3 = rows[3, k], rows[3, k + 1], rows[3, k + 2], rows[3, k + 3]
        for j in range(out.shape[1]):
            w0, w1, w2, w3 = weight[k, j], weight[k + 1, j], weight[k + 2, j], weight[k + 3, j]
            out[0, j] = out[0, j] + a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
            out[1, j] = out[1, j] + b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3
            out[2, j] = out[2, j] + c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3
            out[3, j] = out[3, j] + d0 * w0 + d1 * w1 + d2 * w2 + d3 * w3


def _copy_some_rows(rows, first, to, to_first, number):
    """Copy rows. An assignment of arrays, which may fail, would take seconds to compile."""
    for i in range(number):
        for j in range(rows.shape[1]):
            to[to_first + i, j] = rows[first + i, j]


def _sigmoid_of(x):
    """1 / (1 + e^-x) in arithmetic that vectorises; e^y as in Cephes' expf."""
    y = -x
    y = np.float32(-87) if y < np.float32(-87) else y  # NaN passes both comparisons
    y = np.float32(87) if y > np.float32(87) else y
    k = np.floor(y * np.float32(1.44269504) + np.float32(0.5))
    r = y - k * np.float32(0.693359375)
    r = r + k * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + ONE
    two_to_k = np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)
    return ONE / (ONE + p * two_to_k)


_block_of = _compile(_mixed_block, inline="always")
_copy_rows = _compile(_copy_some_rows)
_add_product = _compile(_add_product_of_four, inline="always")
_sigmoid = _compile(_sigmoid_of, inline="always")
