"""Estimates from trials, each with a 95 % interval.

What is not defined (a mean of nothing, an interval of one trial) is None. Intervals speak of the
trials that might have been drawn: of this agent, and not of others trained alike.
"""

import math
import warnings
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.95
NUM_RESAMPLES = 9999

Interval = tuple[float, float]
Estimate = tuple[float | None, Interval | None]


def share(hits: np.ndarray) -> Estimate:
    """The share of true entries, and its Wilson score interval.

    With p = hits / n and z the normal quantile, the interval is
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)  (Wilson 1927). Unlike p ± z s, it stays
    within [0, 1] and has a width when all succeed.

    Args:
        hits: [N] bool.
    """
    n = len(hits)
    if n == 0:
        return None, None
    p = float(hits.mean())
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle = p + z**2 / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((middle + sign * reach) / (1 + z**2 / n) for sign in (-1, 1))
    return p, (max(low, 0.0), min(high, 1.0))


def mean(values: np.ndarray) -> Estimate:
    """The mean and Student's interval, mean ± t(n-1) s / sqrt(n).

    Args:
        values: [N].
    """
    from scipy import stats

    n = len(values)
    if n == 0:
        return None, None
    centre = float(values.mean())
    if n == 1:
        return centre, None
    t = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)
    reach = float(t * values.std(ddof=1) / math.sqrt(n))
    return centre, (centre - reach, centre + reach)


def ratio_of_sums(top: np.ndarray, bottom: np.ndarray, rng: np.random.Generator) -> Estimate:
    """sum(top) / sum(bottom), and its paired bootstrap interval.

    Args:
        top: [N], a number a trial.
        bottom: [N], of the same trials; none negative.
        rng: Of the bootstrap.
    """
    if len(bottom) == 0 or bottom.sum() == 0:
        return None, None
    ratio = float(top.sum() / bottom.sum())
    if len(bottom) > 1 and (top * bottom.sum() == bottom * top.sum()).all():
        return ratio, (ratio, ratio)  # every trial has this ratio: no resample has another
    return ratio, bootstrap(lambda a, b, axis: a.sum(axis) / b.sum(axis), (top, bottom), rng)


def bootstrap(
    statistic: Callable[..., np.ndarray], data: tuple[np.ndarray, ...], rng: np.random.Generator
) -> Interval | None:
    """A statistic's interval: trials are resampled whole, so that a hard maze is hard throughout.

    Paired, bias corrected and accelerated (Efron 1987).

    Args:
        statistic: Of as many arrays as there are `data`, and the axis of trials.
        data: Arrays [N], aligned by trial.
        rng: Of the resampling.

    Returns:
        None where there is none: fewer than two trials, or resamples without a statistic.
    """
    from scipy import stats

    if len(data[0]) < 2:
        return None
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap(
            data,
            statistic,
            paired=True,
            vectorized=True,
            n_resamples=NUM_RESAMPLES,
            batch=1000,
            confidence_level=CONFIDENCE,
            method="BCa",
            rng=rng,
        )
    low, high = (float(bound) for bound in result.confidence_interval)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
