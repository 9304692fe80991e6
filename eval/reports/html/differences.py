"""Differences between two groups of runs in the same mazes, with bootstrap intervals.

Mazes are resampled whole, so that a hard maze is hard for both groups, and so are the seeds of a
group that has several: its interval then speaks of agents trained alike. Efron's percentile
interval; a resample is a pair of counts, how often each seed and each maze was drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...metrics.intervals import CONFIDENCE, Interval
from .groups import Group
from .runs import EvaluatedRun

NUM_RESAMPLES = 4000

Sums = Callable[[np.ndarray], np.ndarray]  # [seeds, mazes] -> one number a resample


@dataclass(frozen=True)
class Difference:
    """Second minus first.

    Attributes:
        figure: What is compared.
        unit: How its values are shown: steps, ratio, or % for shares.
        first: Of the first group.
        second: Of the second.
        value: Their difference.
        interval: Of the difference; None where there is none.
    """

    figure: str
    unit: str
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
    """Every figure that compares groups; a failure's length is the horizon, so all mazes count.

    Args:
        first: What is compared with.
        second: What is compared, see `comparable`.
        rng: Of the bootstrap.
    """
    num_mazes = len(first.runs[0].mazes)
    mazes = _draws(num_mazes, rng)
    seeds = [_draws(len(group.runs), rng) for group in (first, second)]
    logs = [[run.log for run in group.runs] for group in (first, second)]

    def compare(figure: str, unit: str, statistic) -> Difference:
        whole = np.ones((1, num_mazes))
        a, b = (float(statistic(g, _sums(np.ones((1, len(g))), whole))[0]) for g in logs)
        drawn = [
            statistic(group, _sums(weights, mazes))
            for group, weights in zip(logs, seeds, strict=True)
        ]
        return Difference(figure, unit, a, b, b - a, _percentile(drawn[1] - drawn[0]))

    found = []
    for k in range(min(first.episodes, 2)):
        found.append(
            compare(
                f"steps of episode {k + 1}",
                "steps",
                lambda group, total, k=k: _mean([log.length[:, k] for log in group], total),
            )
        )
        found.append(
            compare(
                f"success in episode {k + 1}, %",
                "%",
                lambda group, total, k=k: _mean([log.success[:, k] for log in group], total),
            )
        )
    if first.episodes > 1:
        found.append(compare("episode 2 over episode 1", "length_ratio", _ratio))
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
