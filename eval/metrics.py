"""What is read off a TrialLog: success, length, and how much shorter the second way is.

Lengths of successful episodes alone are what Duan et al. (2016, table 3) report; since they leave
failures out, the ratio pairs the two episodes of each trial that succeeds in both. Every figure
comes with a 95 % interval. What is not defined (a mean of nothing, an interval of one) is None.
"""

import math
from statistics import NormalDist

import numpy as np

from eval.rollouts import TrialLog

CONFIDENCE = 0.95
NUM_RESAMPLES = 9999

Interval = tuple[float, float]


def summary(log: TrialLog, seed: int = 0) -> dict:
    """All figures of a log, ready for JSON; shares lie in [0, 1].

    Args:
        log: What was run.
        seed: Of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    trials, episodes = log.length.shape
    success = [share(log.success[:, k]) for k in range(episodes)]
    length = [mean(log.length[log.success[:, k], k]) for k in range(episodes)]
    figures = {
        "trials": trials,
        "success": [value for value, _ in success],
        "success_ci": [interval for _, interval in success],
        "length": [value for value, _ in length],
        "length_ci": [interval for _, interval in length],
        "episode_return": [float(value) for value in log.episode_return.mean(axis=0)],
    }
    if episodes > 1:
        ratio, ratio_ci = length_ratio(log, rng)
        better, better_ci = improved(log)
        figures |= {
            "pairs": int(log.success[:, :2].all(axis=1).sum()),
            "ratio": ratio,
            "ratio_ci": ratio_ci,
            "improved": better,
            "improved_ci": better_ci,
        }
    return figures


def share(hits: np.ndarray) -> tuple[float | None, Interval | None]:
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


def mean(values: np.ndarray) -> tuple[float | None, Interval | None]:
    """The mean and Student's interval, mean ± t(n-1) s / sqrt(n).

    Args:
        values: [N]; lengths of successful episodes.
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


def length_ratio(log: TrialLog, rng: np.random.Generator) -> tuple[float | None, Interval | None]:
    """Mean length of episode 2 over that of episode 1, of trials that succeed in both.

    The interval resamples trials, so that a hard maze is hard in both (paired bootstrap, bias
    corrected and accelerated, Efron 1987).
    """
    both = log.success[:, :2].all(axis=1)
    first, second = log.length[both, 0], log.length[both, 1]
    if len(first) == 0:
        return None, None
    ratio = float(second.sum() / first.sum())
    if len(first) == 1:
        return ratio, None
    if (second * first.sum() == first * second.sum()).all():
        return ratio, (ratio, ratio)  # every trial has this ratio: no resample has another
    return ratio, _bootstrap_interval(first, second, rng)


def improved(log: TrialLog) -> tuple[float | None, Interval | None]:
    """The share of trials whose episode 2 is no longer than episode 1, as the paper counts.

    Ties count, and so do failures, whose length is the horizon: a trial that fails twice is a
    tie, one that fails only at first has improved.
    """
    return share(log.length[:, 1] <= log.length[:, 0])


def _bootstrap_interval(
    first: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> Interval:
    """Of sum(second) / sum(first), resampling pairs."""
    from scipy import stats

    result = stats.bootstrap(
        (first, second),
        lambda first, second, axis: second.sum(axis) / first.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=NUM_RESAMPLES,
        batch=1000,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=rng,
    )
    low, high = result.confidence_interval
    return float(low), float(high)
