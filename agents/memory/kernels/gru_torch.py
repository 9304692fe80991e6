"""A GRU over packed trials, its derivative written out; the formula is in `agents.memory.gru`.

A step of autograd on small tensors costs as much as their arithmetic. Here a tick is one small
product each way, or two, and a few operations into memory that is already there; what does not
hang on the tick before (the inputs' share of the gates, the slopes of all gates, the gradients of
the weights) is computed for a stretch of ticks at once, long enough for a fast product and short
enough for the cache.
"""

from typing import Any

import torch
from torch import Tensor, nn

CANDIDATES = ("tanh", "relu")
STRETCH = 2048  # rows, of a few megabytes
aten = torch.ops.aten


def n_first(weight_ih: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Tensor]:
    """What makes n, r and z of an input, in that order: weights [features, 3 hidden] and biases.

    Biases of states are among these, but for that of n, which r has a say in.
    """
    size = len(bias_hh) // 3
    bias = bias_ih + nn.functional.pad(bias_hh[: 2 * size], (0, size))
    return weight_ih.roll(size, 0).T, bias.roll(size)


class GRUScan(torch.autograd.Function):
    """The recurrence as one function, which can be differentiated once.

    Args (of `apply`; N rows are sum(sizes), S trials are sizes[0]):
        x: [N, features], packed.
        hidden: [S, hidden], before each trial's first row.
        weight_ih, weight_hh, bias_ih, bias_hh: As in torch.nn.GRUCell.
        sizes: Trials that reach each tick.
        candidate: One of `CANDIDATES`.

    Returns:
        [N, hidden], the state after each row.
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
        """Keeps each row's gates: n, r, z and what r lets through of n (U_n h + c_n).

        In that order the first three have sums over the input and the last three over the state.
        """
        size = hidden.shape[1]
        to_gates = weight_hh.T.contiguous()
        from_input, bias = n_first(weight_ih, bias_ih, bias_hh)
        gates = x.new_empty(len(x), 4 * size)
        states = x.new_empty(len(hidden) + len(x), size)

        before, after = states[: len(hidden)], states[len(hidden) :]
        before.copy_(hidden)
        for ticks, rows in _stretches(sizes):
            stretch = gates[rows]
            torch.addmm(bias, x[rows], from_input, out=stretch[:, : 3 * size])
            stretch[:, 3 * size :] = bias_hh[2 * size :]
            by_state, by_both = stretch[:, size:], stretch[:, size : 3 * size]
            n, r, z, n_h = stretch.chunk(4, 1)
            parts = (by_state, by_both, n, r, z, n_h, after[rows])
            for num, by_state, by_both, n, r, z, n_h, now in _by_tick(parts, sizes[ticks]):
                before = before[:num]
                by_state.addmm_(before, to_gates)
                by_both.sigmoid_()
                n.addcmul_(r, n_h)
                n.tanh_() if candidate == "tanh" else n.relu_()
                torch.lerp(n, before, z, out=now)
                before = now
        ctx.save_for_backward(x, weight_ih, weight_hh, states, gates)
        ctx.sizes, ctx.candidate = sizes, candidate
        return after

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """From the last tick to the first.

        Gates have four sums: r's, z's, and two of n, by U_n and by W_n, since r stands between
        them. They lie as (U_n, r, z, W_n), the first three for the state, the last for the input.
        """
        x, weight_ih, weight_hh, states, gates = ctx.saved_tensors
        sizes, size = ctx.sizes, states.shape[1]
        blocks = states.split([sizes[0], *sizes])
        weight_hh = weight_hh.roll(size, 0)  # rows n, r, z
        by_x, by_state = torch.empty_like(x), torch.zeros_like(blocks[0])
        by_ih, by_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
        by_bias = x.new_zeros(4 * size)
        stretches = _stretches(sizes)
        most = max(rows.stop - rows.start for _, rows in stretches)
        all_slopes, all_before = x.new_empty(most, 4, size), x.new_empty(most, size)

        for ticks, rows in reversed(stretches):
            slopes, before = (each[: rows.stop - rows.start] for each in (all_slopes, all_before))
            alive = zip(blocks[ticks], sizes[ticks], strict=True)
            torch.cat([block[:num] for block, num in alive], out=before)
            n, r, z, n_h = gates[rows].chunk(4, 1)

            # The derivatives of the new states by the four sums,
            by_n_h, by_r, by_z, by_n_x = slopes.unbind(1)
            aten.sigmoid_backward.grad_input(torch.sub(before, n, out=by_z), z, grad_input=by_z)
            torch.neg(z, out=by_n_x).add_(1)
            if ctx.candidate == "tanh":
                aten.tanh_backward.grad_input(by_n_x, n, grad_input=by_n_x)
            else:
                by_n_x.mul_(n > 0)
            torch.mul(by_n_x, r, out=by_n_h)
            torch.mul(by_n_x, n_h, out=by_r)
            aten.sigmoid_backward.grad_input(by_r, r, grad_input=by_r)

            # into whose place the gradients of the sums come, tick by tick,
            flat = slopes.flatten(1)
            for_h, for_x = flat[:, : 3 * size], flat[:, size:]
            parts = (grads[0][rows], slopes, for_h, z)
            for num, grad, slope, tick_for_h, tick_z in reversed(_by_tick(parts, sizes[ticks])):
                now = by_state[:num].add_(grad)
                slope.mul_(now[:, None])
                now.mul_(tick_z).addmm_(tick_for_h, weight_hh)

            # and from those, the gradients of what went into them.
            torch.mm(for_x, weight_ih, out=by_x[rows])
            by_ih.addmm_(for_x.T, x[rows])
            by_hh.addmm_(for_h.T, before)
            by_bias += flat.sum(0)

        bias_hh = by_bias[: 3 * size].roll(-size, 0)
        return by_x, by_state, by_ih, by_hh.roll(-size, 0), by_bias[size:], bias_hh, None, None


def _stretches(sizes: list[int]) -> list[tuple[slice, slice]]:
    """Neighbouring ticks with `STRETCH` rows together, or one tick with more: (ticks, rows)."""
    stretches, begin, row, num_rows = [], 0, 0, 0
    for tick, size in enumerate([*sizes, STRETCH]):
        if num_rows and num_rows + size > STRETCH:
            stretches.append((slice(begin, tick), slice(row, row + num_rows)))
            begin, row, num_rows = tick, row + num_rows, 0
        num_rows += size
    return stretches


def _by_tick(parts: tuple[Tensor, ...], sizes: list[int]) -> list[tuple[Any, ...]]:
    """Of each tick its size, and its rows of all parts."""
    return list(zip(sizes, *(part.split(sizes) for part in parts), strict=True))
