"""The memory: a GRU (Cho et al. 2014) whose state starts from zero at each trial's first step.

    r = sigmoid(W_r x + U_r h + b_r)         how much of the state the candidate sees
    z = sigmoid(W_z x + U_z h + b_z)         how much of the state stays
    n = tanh(W_n x + b_n + r (U_n h + c_n))  the candidate; in the paper's network relu
    h' = n + z (h - n)

Weights and gates lie as in torch's GRU: r, z, n. Learning runs over a rollout's trials side by
side (`agents.packing`), with one of two recurrences that compute the same: torch's own on CUDA,
where that is cuDNN's, and `GRUScan` elsewhere.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from agents.packing import pack_trials
from trials.shapes import Bool, Float

aten = torch.ops.aten

Candidate = Literal["tanh", "relu"]


class TrialGRU(nn.Module):
    """A GRU over trials (Duan et al. 2016, 2.2).

    Args:
        input_size: Features a step.
        hidden_size: Units.
        candidate: What makes the candidate of its sum.
    """

    def __init__(self, input_size: int, hidden_size: int, candidate: Candidate = "tanh"):
        super().__init__()
        self.candidate = candidate
        self.cell = nn.GRUCell(input_size, hidden_size)
        nn.init.orthogonal_(self.cell.weight_ih)
        for gate in self.cell.weight_hh.chunk(3):
            nn.init.orthogonal_(gate)
        nn.init.zeros_(self.cell.bias_ih)
        with torch.no_grad():  # the update gate, at first mostly keeping what is remembered
            self.cell.bias_ih.chunk(3)[1].fill_(1.0)
        nn.init.zeros_(self.cell.bias_hh)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "batch hidden"]:
        """One step for every copy; returns the new carry, which is also the output."""
        cell, hidden = self.cell, carry * ~first[:, None]
        if self.candidate == "tanh":
            return cell(x, hidden)
        r_x, z_x, n_x = nn.functional.linear(x, cell.weight_ih, cell.bias_ih).chunk(3, 1)
        r_h, z_h, n_h = nn.functional.linear(hidden, cell.weight_hh, cell.bias_hh).chunk(3, 1)
        new = (n_x + (r_x + r_h).sigmoid() * n_h).relu()
        return torch.lerp(new, hidden, (z_x + z_h).sigmoid())

    def forward(
        self,
        x: Float[Tensor, "time batch features"],
        first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "time batch hidden"]:
        """The same as `step` in a loop, with every trial a sequence of its own."""
        packing, cell = pack_trials(first), self.cell
        hidden = carry[packing.copy] * ~first[packing.begin, packing.copy][:, None]
        packed = packing.pack(x)
        weights = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
        if x.is_cuda and self.candidate == "tanh":
            states = torch_gru(packed, hidden, weights, packing.sizes)
        else:
            states = GRUScan.apply(packed, hidden, *weights, packing.sizes, self.candidate)
        return packing.unpack(states, len(first))


def torch_gru(
    x: Float[Tensor, "rows features"],
    hidden: Float[Tensor, "trials hidden"],
    weights: tuple[Tensor, ...],
    sizes: list[int],
) -> Float[Tensor, "rows hidden"]:
    """Torch's own GRU over packed trials; the arguments are those of `GRUScan`."""
    # cuDNN wants the weights in one piece, and warns at each call where they are not.
    flat = torch.cat([weight.flatten() for weight in weights])
    parts = flat.split([weight.numel() for weight in weights])
    weights = tuple(part.view_as(weight) for part, weight in zip(parts, weights, strict=True))
    states, _ = torch.gru(
        x, torch.tensor(sizes), hidden[None], weights, True, 1, 0.0, x.requires_grad, False
    )
    return states


class GRUScan(torch.autograd.Function):
    """A GRU over packed trials, with its derivative written out.

    A step of autograd on small tensors costs as much as their arithmetic. Here a tick is one
    small product each way, or two, and a few operations into memory that is already there; what
    does not hang on the tick before (the inputs' share of the gates, the slopes of all gates, the
    gradients of the weights) is computed for all ticks at once. Forwards and backwards it takes
    0.6 to 0.9 of the time of the same loop left to autograd. It can be differentiated once.

    Args (of `apply`; N rows are sum(sizes), S trials are sizes[0]):
        x: [N, features], packed.
        hidden: [S, hidden], before each trial's first row.
        weight_ih, weight_hh, bias_ih, bias_hh: As in torch.nn.GRUCell.
        sizes: Trials that reach each tick.
        candidate: "tanh" or "relu".

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
        candidate: Candidate,
    ) -> Tensor:
        """Keeps the gates, and of the candidate what r lets through (U_n h + c_n), for later."""
        num_trials, size = hidden.shape
        to_rz, to_n = weight_hh.T.split((2 * size, size), 1)
        bias_rz, bias_n = bias_hh.split((2 * size, size))
        gates = torch.addmm(bias_ih, x, weight_ih.T)
        gates[:, : 2 * size] += bias_rz
        let_through = bias_n.repeat(len(x), 1)
        states = torch.cat((hidden, x.new_empty(len(x), size)))

        before, *after = states.split([num_trials, *sizes])
        ticks = zip(
            gates[:, : 2 * size].split(sizes),
            *(gate.split(sizes) for gate in gates.chunk(3, 1)),
            let_through.split(sizes),
            after,
            strict=True,
        )
        for rz, r, z, n, n_h, now in ticks:
            before = before[: len(now)]
            rz.addmm_(before, to_rz).sigmoid_()
            n.addcmul_(r, n_h.addmm_(before, to_n))
            n.tanh_() if candidate == "tanh" else n.relu_()
            torch.lerp(n, before, z, out=now)
            before = now
        ctx.save_for_backward(x, weight_ih, weight_hh, states, gates, let_through)
        ctx.sizes, ctx.candidate = sizes, candidate
        return states[num_trials:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """From the last tick to the first; U_n's sum and W_n's have gradients of their own."""
        x, weight_ih, weight_hh, states, gates, let_through = ctx.saved_tensors
        sizes, size = ctx.sizes, states.shape[1]
        blocks = states.split([sizes[0], *sizes])
        before = torch.cat([block[:n] for block, n in zip(blocks, sizes, strict=False)])
        r, z, n = gates.chunk(3, 1)

        # First the derivatives of each new state by the four sums: U_n's, then r's, z's, W_n's.
        slopes = x.new_empty(len(x), 4, size)
        by_n_h, by_r, by_z, by_n_x = slopes.unbind(1)
        aten.sigmoid_backward.grad_input(torch.sub(before, n, out=by_z), z, grad_input=by_z)
        torch.neg(z, out=by_n_x).add_(1)
        if ctx.candidate == "tanh":
            aten.tanh_backward.grad_input(by_n_x, n, grad_input=by_n_x)
        else:
            by_n_x.mul_(n > 0)
        torch.mul(by_n_x, r, out=by_n_h)
        torch.mul(by_n_x, let_through, out=by_r)
        aten.sigmoid_backward.grad_input(by_r, r, grad_input=by_r)

        # Then, tick by tick, the gradients of those sums take the derivatives' place.
        flat = slopes.view(len(x), 4 * size)
        by_h, by_x = flat[:, : 3 * size], flat[:, size:]
        from_h = weight_hh.roll(size, 0)  # rows n, r, z
        by_state = torch.zeros_like(states[: sizes[0]])
        ticks = zip(
            *(part.split(sizes) for part in (grads[0], slopes, by_h, z)), sizes, strict=True
        )
        for grad, slope, tick_by_h, tick_z, num_alive in reversed(list(ticks)):
            now = by_state[:num_alive].add_(grad)
            slope.mul_(now[:, None])
            now.mul_(tick_z).addmm_(tick_by_h, from_h)

        total = flat.sum(0)
        return (
            by_x @ weight_ih,
            by_state,
            by_x.T @ x,
            (by_h.T @ before).roll(-size, 0),
            total[size:],
            total[: 3 * size].roll(-size, 0),
            None,
            None,
        )
