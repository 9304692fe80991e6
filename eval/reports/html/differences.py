"""Differences between two groups of runs in the same mazes, with bootstrap intervals.

Mazes are resampled whole, so that a hard maze is hard for both groups, and so are the seeds of a
group that has several: its interval then speaks of agents trained alike. Efron's percentile
interval; a resample is a pair of counts, how often each seed and each maze was drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....core.metrics import METRICS, Metric
from ...metrics.intervals import CONFIDENCE, Interval
from .groups import Group
from .runs import EvaluatedRun

NUM_RESAMPLES = 4000

Sums = Callable[[np.ndarray], np.ndarray]  # [seeds, mazes] -> one number a resample


@dataclass(frozen=True)
class Difference:
    """Difference between two groups in a metric, second minus first.

    Attributes:
        metric: The metric.
        episode: Episode of the trial, from 0; None for a comparison.
        first: Value of the first group.
        second: Value of the second group.
        value: Their difference.
        interval: Interval of the difference; None where there is none.
    """

    metric: Metric
    episode: int | None
    first: float
    second: float
    value: float
    interval: Interval | None


def comparable(first: EvaluatedRun, second: EvaluatedRun) -> bool:
    """Whether two runs played the same mazes under the same rules."""
    return (
        first.suite.rules == second.suite.rules
        and first.log.length.shape == second.log.length.shape
        and all(
            a is b or a.content_hash == b.content_hash
            for a, b in zip(first.mazes, second.mazes, strict=True)
        )
    )


def differences(first: Group, second: Group, rng: np.random.Generator) -> list[Difference]:
    """Differences in length and success of each episode, and in the length ratio.

    They count all mazes: the length of a failure is the horizon.

    Args:
        first: The group to compare with.
        second: The group that is compared, see `comparable`.
        rng: Random generator of the bootstrap.
    """
    metrics = METRICS.all()
    num_mazes = len(first.runs[0].mazes)
    mazes = _draws(num_mazes, rng)
    seeds = [_draws(len(group.runs), rng) for group in (first, second)]
    logs = [[run.log for run in group.runs] for group in (first, second)]

    def compare(name: str, episode: int | None, statistic) -> Difference:
        whole = np.ones((1, num_mazes))
        a, b = (float(statistic(g, _sums(np.ones((1, len(g))), whole))[0]) for g in logs)
        drawn = [
            statistic(group, _sums(weights, mazes))
            for group, weights in zip(logs, seeds, strict=True)
        ]
        interval = _percentile(drawn[1] - drawn[0])
        return Difference(metrics[name], episode, a, b, b - a, interval)

    found = []
    for k in range(min(first.episodes, 2)):
        found.append(
            compare(
                "length_all",
                k,
                lambda group, total, k=k: _mean([log.length[:, k] for log in group], total),
            )
        )
        found.append(
            compare(
                "success",
                k,
                lambda group, total, k=k: _mean([log.success[:, k] for log in group], total),
            )
        )
    if first.episodes > 1:
        found.append(compare("length_ratio_all", None, _ratio))
    return found


def _mean(columns: Sequence[np.ndarray], total: Sums) -> np.ndarray:
    values = np.array(columns, dtype=np.float64)
    return total(values) / total(np.ones_like(values))


def _ratio(group: Sequence, total: Sums) -> np.ndarray:
    """Length ratio of all trials and seeds; for one seed the metric `length_ratio_all`."""
    later, first = (np.array([log.length[:, k] for log in group], float) for k in (1, 0))
    return total(later) / total(first)


def _draws(count: int, rng: np.random.Generator) -> np.ndarray:
    """[R, count] how often each of `count` was drawn; a single one always is."""
    return rng.multinomial(count, np.full(count, 1 / count), size=NUM_RESAMPLES).astype(float)


def _sums(seeds: np.ndarray, mazes: np.ndarray) -> Sums:
    """Sums over resampled seeds [R, S] and mazes [R, N]."""
    return lambda values: ((seeds @ values) * mazes).sum(axis=1)


def _percentile(drawn: np.ndarray) -> Interval | None:
    if not np.isfinite(drawn).all():
        return None
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
