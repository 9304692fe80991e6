"""Checks of shapes and actions that need no torch, for arrays and tensors alike."""

from typing import Any

import numpy as np

from .rules import ACTION_NAMES


def require_shape(what: str, given: Any, num_envs: int) -> None:
    """Raise a ValueError unless an array or tensor has an entry for each environment, [B]."""
    if given.shape != (num_envs,):
        raise ValueError(
            f"{what} has shape {list(given.shape)}; it must be [{num_envs}], an entry for each of "
            f"the {num_envs} environments"
        )


def require_actions(actions: np.ndarray) -> None:
    """Raise a ValueError unless all are numbers of `mazes.rules.ACTION_NAMES`."""
    last = len(ACTION_NAMES) - 1
    for extreme in (actions.min(), actions.max()):
        if not 0 <= extreme <= last:
            raise ValueError(f"an action is {extreme}; actions must lie in 0 .. {last}")
