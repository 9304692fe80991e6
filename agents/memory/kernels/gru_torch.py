"""The GRU of `agents.memory.gru` over packed trials in torch operations, with its own derivative.

For small tensors, autograd costs as much as their arithmetic. Here each packed step is one or two
small products per direction and a few in-place operations. Whatever does not depend on the step
before (the inputs' part of the gates, the derivatives of all gates, the gradients of the weights)
is computed for a chunk of packed steps at once: long enough for a fast product, short enough for
the cache.
"""

from typing import Any

import torch
from torch import Tensor, nn

CANDIDATES = ("tanh", "relu")
CHUNK_ROWS = 2048  # a few megabytes
aten = torch.ops.aten


def n_first(weight_ih: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Input weights [features, 3 hidden] and biases of n, r and z, in that order.

    The biases include those of the state, except for n's, which r multiplies.
    """
    size = len(bias_hh) // 3
    bias = bias_ih + nn.functional.pad(bias_hh[: 2 * size], (0, size))
    return weight_ih.roll(size, 0).T, bias.roll(size)


class GRUScan(torch.autograd.Function):
    """The recurrence as one function that can be differentiated once.

    Args (of `apply`; N = sum(sizes) rows, S = sizes[0] pieces of trials, see `Packing`):
        x: [N, features], packed.
        hidden: [S, hidden], the state before each piece.
        weight_ih, weight_hh, bias_ih, bias_hh: As in torch.nn.GRUCell.
        sizes: Pieces that reach each packed step.
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
        """Run forward; save each row's n, r, z and U_n h + c_n, which r multiplies.

        In this order the first three add up inputs and the last three add up states.
        """
        size = hidden.shape[1]
        to_gates = weight_hh.T.contiguous()
        from_input, bias = n_first(weight_ih, bias_ih, bias_hh)
        gates = x.new_empty(len(x), 4 * size)
        states = x.new_empty(len(hidden) + len(x), size)

        before, after = states[: len(hidden)], states[len(hidden) :]
        before.copy_(hidden)
        for steps, rows in _chunks(sizes):
            chunk = gates[rows]
            torch.addmm(bias, x[rows], from_input, out=chunk[:, : 3 * size])
            chunk[:, 3 * size :] = bias_hh[2 * size :]
            from_state, from_both = chunk[:, size:], chunk[:, size : 3 * size]
            n, r, z, n_h = chunk.chunk(4, 1)
            parts = (from_state, from_both, n, r, z, n_h, after[rows])
            for num, from_state, from_both, n, r, z, n_h, now in _by_step(parts, sizes[steps]):
                before = before[:num]
                from_state.addmm_(before, to_gates)
                from_both.sigmoid_()
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
        """Run backward from the last packed step.

        There are four sums: those of r and z, and two of n, of U_n and of W_n, since r multiplies
        only one of them. Their gradients are laid out as (U_n, r, z, W_n): the first three depend
        on the state, the last three on the input.
        """
        x, weight_ih, weight_hh, states, gates = ctx.saved_tensors
        sizes, size = ctx.sizes, states.shape[1]
        blocks = states.split([sizes[0], *sizes])
        weight_hh = weight_hh.roll(size, 0)  # rows n, r, z
        by_x, by_state = torch.empty_like(x), torch.zeros_like(blocks[0])
        by_ih, by_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
        by_bias = x.new_zeros(4 * size)
        chunks = _chunks(sizes)
        most = max(rows.stop - rows.start for _, rows in chunks)
        all_slopes, all_before = x.new_empty(most, 4, size), x.new_empty(most, size)

        for steps, rows in reversed(chunks):
            slopes, before = (each[: rows.stop - rows.start] for each in (all_slopes, all_before))
            active = zip(blocks[steps], sizes[steps], strict=True)
            torch.cat([block[:num] for block, num in active], out=before)
            n, r, z, n_h = gates[rows].chunk(4, 1)

            # Derivatives of the new states with respect to the four sums,
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

            # overwritten step by step with the gradients of the sums,
            flat = slopes.flatten(1)
            for_h, for_x = flat[:, : 3 * size], flat[:, size:]
            parts = (grads[0][rows], slopes, for_h, z)
            for num, grad, slope, step_for_h, step_z in reversed(_by_step(parts, sizes[steps])):
                now = by_state[:num].add_(grad)
                slope.mul_(now[:, None])
                now.mul_(step_z).addmm_(step_for_h, weight_hh)

            # and from those, the gradients of inputs and weights.
            torch.mm(for_x, weight_ih, out=by_x[rows])
            by_ih.addmm_(for_x.T, x[rows])
            by_hh.addmm_(for_h.T, before)
            by_bias += flat.sum(0)

        bias_hh = by_bias[: 3 * size].roll(-size, 0)
        return by_x, by_state, by_ih, by_hh.roll(-size, 0), by_bias[size:], bias_hh, None, None


def _chunks(sizes: list[int]) -> list[tuple[slice, slice]]:
    """Consecutive packed steps of up to `CHUNK_ROWS` rows, or one of more: (steps, rows)."""
    chunks, begin, row, num_rows = [], 0, 0, 0
    for step, size in enumerate([*sizes, CHUNK_ROWS]):
        if num_rows and num_rows + size > CHUNK_ROWS:
            chunks.append((slice(begin, step), slice(row, row + num_rows)))
            begin, row, num_rows = step, row + num_rows, 0
        num_rows += size
    return chunks


def _by_step(parts: tuple[Tensor, ...], sizes: list[int]) -> list[tuple[Any, ...]]:
    """The size of each packed step, and its rows of all parts."""
    return list(zip(sizes, *(part.split(sizes) for part in parts), strict=True))
