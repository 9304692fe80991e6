"""The figures of a metric, checked: a wrong one ends in a line that names it, and in no file."""

import math
from typing import Any, NoReturn

import numpy as np

from ...core.metrics import Metric
from ..adapters.calls import OutsideError, call
from ..adapters.checked import short
from .episode import Episode


def checked_figures(
    metric: Metric, episodes: tuple[Episode, ...], rng: np.random.Generator
) -> dict[str, Any]:
    """A metric's value by its name, and its interval under `NAME_ci`, as numbers of Python.

    Args:
        metric: Which.
        episodes: The episode, or for a metric that compares the first and a later one.
        rng: Of the bootstrap.

    Raises:
        UserError: The metric raised, or returned something else than numbers.
    """
    result = call(f"metric {metric.name}", metric.function, *episodes, rng)
    if metric.interval is None:
        return {metric.name: _number(metric, result, result)}
    if not isinstance(result, tuple | list) or len(result) != 2:
        _fail(metric, result)
    value, interval = result
    figures: dict[str, Any] = {metric.name: _number(metric, value, result)}
    return figures | {f"{metric.name}_ci": _interval(metric, interval, result)}


def _interval(metric: Metric, interval: Any, result: Any) -> tuple[Any, Any] | None:
    if interval is None:
        return None
    bounds = interval.tolist() if isinstance(interval, np.ndarray) else interval
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        _fail(metric, result)
    low, high = (_number(metric, bound, result) for bound in bounds)
    if low is None or high is None or low > high:
        _fail(metric, result)
    return low, high


def _number(metric: Metric, value: Any, result: Any) -> float | None:
    """A finite number, of numpy or torch too, or None."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        _fail(metric, result)
    return value


def _fail(metric: Metric, result: Any) -> NoReturn:
    form = "a finite number"
    if metric.interval is not None:
        form = f"(value, (low, high)), by interval={metric.interval}, of finite numbers"
    raise OutsideError(
        f"metric {metric.name} returned {short(result)}; it must return {form}, or None "
        "for what is undefined"
    )
