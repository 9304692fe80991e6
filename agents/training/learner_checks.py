"""Check a learner, and the statistics that its update returns."""

import math
from collections.abc import Collection
from numbers import Real
from typing import Any

from ...core.errors import UserError
from ..learners.base import Learner, NotFiniteError

TIMES = ("collect_seconds", "learn_seconds", "steps_per_s")
RESERVED = ("steps", *TIMES)


def built_learner(learner: Any, settings: object) -> Learner:
    """A learner, if it is one.

    Raises:
        UserError: It has no method of a `Learner`.
    """
    for method in ("update", "state_dict", "load_state_dict"):
        if not callable(getattr(learner, method, None)):
            raise UserError(
                f"learner {type(settings).__name__}: build returned {type(learner).__name__}, "
                f"which has no method {method}; see agents.learners.base.Learner"
            )
    return learner


def checked_metrics(returned: Any, taken: Collection[str], learner: object) -> dict[str, float]:
    """The statistics of an update as numbers by name.

    Args:
        returned: By `Learner.update`.
        taken: Further names that are in use.
        learner: The learner, for messages.

    Raises:
        UserError: They are no numbers by name, or have a name that is in use.
    """
    who = f"learner {type(learner).__name__}: update"
    if not isinstance(returned, dict):
        raise UserError(
            f"{who} returned {type(returned).__name__}; it must return numbers by name, such as "
            '{"policy_loss": 0.1}'
        )
    for name, value in returned.items():
        if not isinstance(name, str) or not isinstance(value, Real):
            raise UserError(
                f"{who} returned {type(value).__name__} as {name!r}; it must return numbers by "
                "name: say .item() of a tensor"
            )
        if name in RESERVED or name in taken:
            raise UserError(f"{who} returned {name!r}, which is a name in use; give it another")
    return {name: float(value) for name, value in returned.items()}


def require_finite_metrics(metrics: dict[str, float]) -> dict[str, float]:
    """Statistics as they are.

    Raises:
        NotFiniteError: One is NaN or infinite.
    """
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise NotFiniteError(f"{name} is NaN or infinite")
    return metrics
