"""Refuse to save what could not be read again.

A checkpoint with NaN weights, or with a state that is no plain data, would take the place of a good
one, and a training would end well that nobody can resume.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import Size, Tensor, device, dtype

from .checkpoint_files import CheckpointError

PLAIN = (str, bytes, int, float, complex, bool, type(None), set, Counter, dtype, device)


def require_finite_weights(weights: Mapping[str, Tensor], steps: int) -> None:
    """Raise a `CheckpointError` if a weight is NaN or infinite.

    Args:
        weights: By name.
        steps: Agent steps behind them.
    """
    for name, x in weights.items():
        if not x.isfinite().all():
            raise CheckpointError(
                f"after {steps:,} steps weight {name} is NaN or infinite, so it is not saved; the "
                "earlier stay: try a lower learner.lr in a new run_dir=..."
            )


def require_saveable(state: Any, where: str) -> None:
    """Raise unless a state is of tensors and of what torch reads without unpickling more.

    Args:
        state: Nested as it likes.
        where: The state in words, for the message.

    Raises:
        CheckpointError: Something in it is of another type, which would need pickling.
    """
    if type(state) in (dict, OrderedDict):
        for key, value in state.items():
            require_saveable(key, f"{where}, a key")
            require_saveable(value, f"{where}, {key!r}")
    elif type(state) in (list, tuple, Size):
        for index, value in enumerate(state):
            require_saveable(value, f"{where}, item {index}")
    elif type(state) not in PLAIN and not isinstance(state, Tensor):
        raise CheckpointError(
            f"{where} is {type(state).__module__}.{type(state).__qualname__}; a checkpoint takes "
            "tensors, numbers, texts, and lists and dictionaries of them: convert it in state_dict"
        )
