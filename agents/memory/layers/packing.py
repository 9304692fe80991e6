"""Packing: the trials of a rollout side by side, each as a sequence of its own.

A rollout holds pieces of many trials, since environments begin new ones at any step. A memory that
resets at each trial's start gives the same output whenever a trial is played, so all pieces may
start together. The longest come first. Packed step t then works on the first `sizes[t]` pieces,
and the recurrence is as long as the longest piece, not as the rollout. Rows are stored packed step
by packed step, the layout of torch's `PackedSequence`.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ....core.shapes import Bool, Float


class Packing(NamedTuple):
    """Positions of a rollout's steps [T, B] in packed order; N = T * B rows, S pieces of trials."""

    begin: Tensor  # [S] int64: step at which a piece begins
    env: Tensor  # [S] int64: environment of the piece
    source: Tensor  # [N] int64: row of the flattened rollout, by packed row
    target: Tensor  # [N] int64: packed row, by row of the flattened rollout
    sizes: list[int]  # pieces that reach each packed step; falls from S on; the sum is N

    def pack(self, x: Float[Tensor, "time batch features"]) -> Float[Tensor, "rows features"]:
        """Rows in packed order."""
        return _Permute.apply(x.flatten(0, 1), self.source, self.target)

    def unpack(
        self, packed: Float[Tensor, "rows features"], num_steps: int
    ) -> Float[Tensor, "time batch features"]:
        """Invert `pack`, for a rollout of `num_steps` steps."""
        return _Permute.apply(packed, self.target, self.source).unflatten(0, (num_steps, -1))


def pack_trials(is_first: Bool[Tensor, "time batch"]) -> Packing:
    """Compute the packing of a rollout.

    Args:
        is_first: First steps of trials. Where step 0 is none, it continues a trial from before the
            rollout.
    """
    time, batch = is_first.shape
    starts = is_first.clone()
    starts[0] = True
    # Number the pieces environment by environment; find each one's start and length.
    begin = starts.T.reshape(-1).nonzero().squeeze(1)  # in environment-major order
    length = torch.diff(begin, append=begin.new_tensor([time * batch]))
    order = length.argsort(descending=True, stable=True)
    begin, length = begin[order], length[order]
    step = torch.arange(int(length[0]), device=is_first.device)[:, None]
    active = step < length  # [longest, S]
    at = (begin + step)[active]
    source = (at % time) * batch + at // time  # from environment-major to time-major
    target = torch.empty_like(source)
    target[source] = torch.arange(len(source), device=is_first.device)
    return Packing(begin % time, begin // time, source, target, active.sum(1).tolist())


class _Permute(torch.autograd.Function):
    """A permutation of rows. Its backward pass gathers, where indexing would scatter and add."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, source: Tensor, inverse: Tensor) -> Tensor:
        ctx.save_for_backward(inverse, source)
        return x.index_select(0, source)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        inverse, source = ctx.saved_tensors
        return _Permute.apply(grads[0], inverse, source), None, None
