"""The form of a tensor that a plug-in returned."""

from typing import Any

import torch
from torch import Tensor


def misfit(x: Any, shape: tuple[int | None, ...], dtype: torch.dtype) -> str | None:
    """A value and the tensor that it must be, in words; None if it is.

    Args:
        x: Any value.
        shape: None stands for any size.
        dtype: Of its numbers.
    """
    rule = f"[{', '.join('C' if size is None else str(size) for size in shape)}] of {dtype}"
    if not isinstance(x, Tensor):
        return f"{type(x).__name__}; it must be a tensor {rule}"
    sizes = len(shape) == x.dim() and all(
        size in (None, found) for size, found in zip(shape, x.shape, strict=True)
    )
    if sizes and x.dtype == dtype:
        return None
    return f"{list(x.shape)} of {x.dtype}; it must be a tensor {rule}"
