"""Operations of the heads over rows of a table.

A step looks up one row per action; most rows serve many steps. In torch operations the looked-up
rows are written out as [N, K, F], several times over; this is the reference, and what a GPU runs.
On a CPU compiled kernels (`rows_numba`) read each row where it lies.
"""

import torch
from torch import Tensor
from torch.nn.functional import embedding

from ....core.shapes import Float, Int64


def pool_rows(
    table: Float[Tensor, "rows features"], index: Int64[Tensor, "steps items"]
) -> tuple[Float[Tensor, "steps features"], Float[Tensor, "steps features"]]:
    """Mean and maximum of each step's rows."""
    if is_compiled(table):
        from .rows_numba import PoolRows

        return PoolRows.apply(table, index)
    rows = embedding(index, table)
    return rows.mean(1), rows.amax(1)


def score_rows(
    table: Float[Tensor, "rows width"],
    index: Int64[Tensor, "steps items"],
    context: Float[Tensor, "steps width"],
    weight: Float[Tensor, " width"],
) -> Float[Tensor, "steps items"]:
    """Score each row of each step: weight . relu(row + context)."""
    if is_compiled(table):
        from .rows_numba import ScoreRows

        return ScoreRows.apply(table, index, context, weight)
    return (embedding(index, table) + context[:, None]).relu() @ weight


def pool_hidden(
    table: Float[Tensor, "rows width"],
    index: Int64[Tensor, "steps items"],
    extra: Float[Tensor, "steps items extra"],
    weight: Float[Tensor, "extra width"],
    context: Float[Tensor, "steps width"],
) -> tuple[Float[Tensor, "steps width"], Float[Tensor, "steps width"]]:
    """Mean and maximum over each step's rows of relu(row + extra @ weight + context).

    Args:
        table: Rows.
        index: The rows of each step.
        extra: Further features of each row at each step; without gradient.
        weight: Of the further features.
        context: Added to all rows of a step.
    """
    if is_compiled(table):
        from .rows_numba import PoolHidden

        return PoolHidden.apply(table, index, extra, weight, context)
    hidden = (embedding(index, table) + extra @ weight + context[:, None]).relu()
    return hidden.mean(1), hidden.amax(1)


def is_compiled(table: Tensor) -> bool:
    """Whether the compiled kernels run on a table."""
    return table.device.type == "cpu" and table.dtype == torch.float32
