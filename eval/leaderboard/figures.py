"""Figures of a submission: those that its record determines, each with a generator of its own.

A new metric therefore changes none of them. Bootstrap intervals may differ from those of
results.json in the last digit that is shown.
"""

from typing import Any

import numpy as np

from ...core.metrics import METRICS
from ..metrics.episode import episodes_of
from ..metrics.returns import returns
from ..trials.runner import TrialLog

OF_MAZES = (
    *("success", "length", "length_all", "spl", "shortest_length"),
    *("length_ratio", "shorter", "gap_closed"),
)
OF_RETURNS = ("mean", "se", "mean_ci", "by_regret", "by_regret_se")
STEPS = "trial_steps"  # mean steps of a trial, in which a failure takes the horizon


def figures_of_record(suite: Any, log: TrialLog, shortest: np.ndarray | None) -> dict[str, Any]:
    """Compute the figures of a submission, ready for JSON.

    Args:
        suite: Suite of the trials.
        log: N trials of K episodes; in bandits and MDPs with rewards and regret.
        shortest: [N, K] int64, steps of the shortest path in mazes.

    Returns:
        By name: metrics of `OF_MAZES` with their intervals and `STEPS`, or `OF_RETURNS`. Metrics of
        one episode are lists.
    """
    if not suite.has_success:
        found = returns(log, suite)
        return {name: found[name] for name in OF_RETURNS}
    figures: dict[str, Any] = {STEPS: float(log.length.sum(1).mean())}
    first, *later = episodes_of(log, shortest)
    for name in OF_MAZES:
        metric = METRICS.get(name)
        if metric.compares:
            if later:
                figures |= _entry(name, metric, (first, later[0]))
            continue
        each = [_entry(name, metric, (episode,)) for episode in (first, *later)]
        figures |= {key: [entry[key] for entry in each] for key in each[0]}
    return figures


def _entry(name: str, metric: Any, episodes: tuple[Any, ...]) -> dict[str, Any]:
    """A metric and its interval, by name."""
    result = metric.function(*episodes, np.random.default_rng(0))
    if metric.interval is None:
        return {name: result}
    value, interval = result
    return {name: value, f"{name}_ci": interval}
