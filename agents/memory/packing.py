"""A rollout's trials laid side by side, each a sequence of its own.

A rollout holds pieces of many trials: copies begin new ones at any step. What a memory that starts
afresh with each trial does with them does not depend on when they were played, so they may all
begin together. The longest come first; tick t then works on the first `sizes[t]` of them, and the
recurrence is as long as the longest trial and not as the rollout. Rows are stored tick after tick,
which is also how torch packs sequences.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...core.shapes import Bool, Float


class Packing(NamedTuple):
    """Where the steps of a rollout [T, B] go; N = T * B, S = number of trials (or pieces)."""

    begin: Tensor  # [S] int64: the step at which a trial's piece begins
    copy: Tensor  # [S] int64: the copy it was played in
    source: Tensor  # [N] int64: row of the flattened rollout that a packed row holds
    target: Tensor  # [N] int64: packed row that holds a row of the flattened rollout
    sizes: list[int]  # trials that reach each tick; falling, from S on; their sum is N

    def pack(self, x: Float[Tensor, "time batch features"]) -> Float[Tensor, "rows features"]:
        """Rows in packed order."""
        return _Permute.apply(x.flatten(0, 1), self.source, self.target)

    def unpack(
        self, packed: Float[Tensor, "rows features"], num_steps: int
    ) -> Float[Tensor, "time batch features"]:
        """The inverse of `pack`, for a rollout of `num_steps` steps."""
        return _Permute.apply(packed, self.target, self.source).unflatten(0, (num_steps, -1))


def pack_trials(first: Bool[Tensor, "time batch"]) -> Packing:
    """Lays out a rollout's trials.

    Args:
        first: First steps of trials. Where step 0 is none, a trial that began before goes on.
    """
    time, batch = first.shape
    starts = first.clone()
    starts[0] = True
    # Number pieces copy by copy, and look up where each begins and how long it is.
    begin = starts.T.reshape(-1).nonzero().squeeze(1)  # in copy-major order
    length = torch.diff(begin, append=begin.new_tensor([time * batch]))
    order = length.argsort(descending=True, stable=True)
    begin, length = begin[order], length[order]
    tick = torch.arange(int(length[0]), device=first.device)[:, None]
    alive = tick < length  # [longest, S]
    at = (begin + tick)[alive]
    source = (at % time) * batch + at // time  # from copy-major to time-major
    target = torch.empty_like(source)
    target[source] = torch.arange(len(source), device=first.device)
    return Packing(begin % time, begin // time, source, target, alive.sum(1).tolist())


class _Permute(torch.autograd.Function):
    """Reorders rows. Backwards it gathers too, where indexing would scatter and add."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, source: Tensor, inverse: Tensor) -> Tensor:
        ctx.save_for_backward(inverse, source)
        return x.index_select(0, source)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        inverse, source = ctx.saved_tensors
        return _Permute.apply(grads[0], inverse, source), None, None
