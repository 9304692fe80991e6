"""Scores of actions, checked: the greatest of NaNs would be the first action, without a word."""

from typing import Any

from torch import Tensor

from ..errors import UserError
from ..registries.registry import dotted_name, is_own


def require_scores(agent: Any, method: str, scores: Any, shape: tuple[int, int]) -> None:
    """Raise a `UserError` unless the scores of an algorithm from outside are numbers of this shape.

    Args:
        agent: The algorithm's agent; this project's own have tests instead.
        method: That returned the scores.
        scores: As it returned them.
        shape: (B, number of actions).
    """
    if is_own(type(agent)):
        return
    who = f"algorithm {dotted_name(type(agent))}: {method} returned"
    if not isinstance(scores, Tensor) or scores.shape != shape:
        found = list(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise UserError(f"{who} {found}; it must return a tensor {list(shape)}")
    if scores.isnan().any():
        raise UserError(f"{who} NaN; it must return a number for each action")
