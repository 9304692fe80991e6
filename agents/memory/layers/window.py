"""Attention over the last steps of a trial.

A window is the carry of a memory that attends: a row of floats for each of the last `window` steps,
the newest last. It slides by one row a step, and rows from before the trial's start are zero. How
many of them belong to the trial is known from its age, the number of its steps so far.
"""

import torch
from torch import Tensor, nn

from ....core.shapes import Bool, Float


def ages(
    is_first: Bool[Tensor, "time batch"], before: Float[Tensor, " batch"]
) -> Float[Tensor, "time batch"]:
    """Steps of the trial before each step of a rollout; `before` are those before the rollout."""
    step = torch.arange(len(is_first), device=is_first.device)[:, None]
    start = torch.where(is_first, step, -1).cummax(0).values
    return torch.where(start < 0, before + step, (step - start).to(before.dtype))


def attend(
    queries: Float[Tensor, "time batch heads key"],
    keys: Float[Tensor, "rows batch heads key"],
    values: Float[Tensor, "rows batch heads value"],
    furthest: Float[Tensor, "time batch"],
    empty_row: bool = False,
) -> Float[Tensor, "time batch heads value"]:
    """Scaled dot-product attention (Vaswani et al. 2017) of each step to the steps before it.

    Args:
        queries: Of the T steps of a rollout.
        keys: Of the W steps before the rollout, then of its own: W + T rows.
        values: As the keys.
        furthest: Steps that each query may look back, at most W. 0 is its own step alone; below 0
            is nothing.
        empty_row: Attend to a row of zeros too, whose score is 0: the answer where nothing fits.
            Needed where a query may look at nothing.
    """
    time, batch = furthest.shape
    window = len(keys) - time
    # Chunks of as many queries as the window: the keys of each are its own and the chunk before.
    size = min(max(window, 1), time)
    chunks = -(-time // size)
    spare = chunks * size - time
    q = nn.functional.pad(queries, (0, 0, 0, 0, 0, 0, 0, spare))
    q = q.unflatten(0, (chunks, size)).permute(2, 0, 3, 1, 4).flatten(0, 1)  # [B C, heads, size, K]
    span = window + size
    k, v = (
        nn.functional.pad(rows, (0, 0, 0, 0, 0, 0, 0, spare))
        .unfold(0, span, size)  # [chunks, batch, heads, row, span], a view
        .permute(1, 0, 2, 4, 3)
        .flatten(0, 1)
        for rows in (keys, values)
    )
    back = torch.arange(size, device=q.device)[:, None] + window
    back = back - torch.arange(span, device=q.device)  # steps from query to key
    far = nn.functional.pad(furthest, (0, 0, 0, spare)).T.reshape(-1, 1, size, 1)
    seen = (back >= 0) & (back <= far)
    if empty_row:
        k, v = (nn.functional.pad(rows, (0, 0, 0, 1)) for rows in (k, v))
        seen = nn.functional.pad(seen, (0, 1), value=True)
    read = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    read = read.unflatten(0, (batch, chunks)).permute(1, 3, 0, 2, 4).flatten(0, 1)
    return read[:time]
