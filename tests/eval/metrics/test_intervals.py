"""Intervals by hand, against scipy and against a loop, and against what they promise."""

import numpy as np
import pytest
from scipy import stats

from rl2_mazes.eval.metrics.intervals import bootstrap, mean, ratio_of_sums, share


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_wilsons_interval_by_hand():
    """8 of 10: centre (.8 + 1.92073/10) / 1.384146, from Wilson's formula on paper."""
    value, interval = share(np.array([True] * 8 + [False] * 2))
    assert value == 0.8
    assert interval == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_all_or_none_still_have_a_width():
    """n of n: the lower end is n / (n + z²)."""
    assert share(np.ones(100, bool))[1] == pytest.approx((100 / (100 + 3.841459), 1))
    assert share(np.zeros(100, bool))[1] == pytest.approx((0, 3.841459 / 103.841459))


def test_students_interval_by_hand():
    """2, 4, 6, 8: mean 5, s = 2.581989, t(3) = 3.182446, reach 4.108529."""
    value, interval = mean(np.array([2, 4, 6, 8]))
    assert value == 5
    assert interval == pytest.approx((5 - 4.108529, 5 + 4.108529), abs=1e-5)


def test_undefined_estimates_are_none(rng):
    nothing, one = np.zeros(0), np.array([3])
    assert share(nothing == 1) == (None, None)
    assert mean(nothing) == (None, None)
    assert mean(one) == (3, None)
    assert ratio_of_sums(nothing, nothing, rng) == (None, None)
    assert ratio_of_sums(one, 0 * one, rng) == (None, None)
    assert ratio_of_sums(one, 4 * one, rng) == (0.25, None)
    # A quarter of the resamples are of the first trial alone, and would divide by 0.
    assert ratio_of_sums(np.array([5, 1]), np.array([0, 1]), rng) == (6, None)


def test_a_ratio_that_every_trial_has_is_its_own_interval(rng):
    assert ratio_of_sums(np.array([6, 3]), np.array([8, 4]), rng) == (0.75, (0.75, 0.75))


@pytest.mark.parametrize("trials", [2, 3, 5])
def test_few_trials_give_a_finite_interval_around_the_ratio(trials, rng):
    for _ in range(20):
        top, bottom = rng.integers(5, 50, (2, trials))
        ratio, interval = ratio_of_sums(top, bottom, rng)
        assert ratio == top.sum() / bottom.sum()
        assert interval is not None
        assert interval[0] <= ratio <= interval[1]


def lengths(trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of two episodes, correlated by the maze's size; the true ratio is 0.8."""
    size = rng.gamma(2, 10, trials)
    return rng.poisson(0.8 * size + 0.8), rng.poisson(size) + 1


def test_the_bootstrap_is_scipys(rng):
    """BCa of the ratio, trials resampled by scipy itself from the rows of a table."""
    top, bottom = lengths(200, rng)
    expected = stats.bootstrap(
        (np.arange(200),),
        lambda rows, axis: top[rows].sum(axis) / bottom[rows].sum(axis),
        n_resamples=9999,
        method="BCa",
        rng=np.random.default_rng(7),
    ).confidence_interval
    got = ratio_of_sums(top, bottom, np.random.default_rng(7))[1]
    assert got == pytest.approx(tuple(expected), abs=1e-12)


def test_the_bootstrap_is_near_a_loop_of_resamples(rng):
    """The percentile interval of a plain loop, from which BCa differs in the third digit."""
    top, bottom = lengths(300, rng)
    ratios = []
    for _ in range(4000):
        rows = rng.integers(0, 300, 300)
        ratios.append(top[rows].sum() / bottom[rows].sum())
    expected = np.quantile(ratios, [0.025, 0.975])
    assert ratio_of_sums(top, bottom, rng)[1] == pytest.approx(tuple(expected), abs=0.004)


def test_the_bootstrap_keeps_trials_whole(rng):
    """Of x and 100 - x, the sum is always the same, though each varies."""
    x = rng.integers(0, 100, 50)
    pair = bootstrap(lambda a, b, axis: a.mean(axis) + b.mean(axis) + 1e-9 * a[..., 0],
                     (x, 100 - x), rng)  # fmt: skip
    assert pair == pytest.approx((100, 100), abs=1e-6)


def coverage(intervals, truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


@pytest.mark.parametrize("p", [0.5, 0.97])
def test_wilsons_interval_covers_95_per_cent(p, rng):
    """Measured over 2,000 experiments of 200 trials; discrete, so that it may be 2 % off."""
    intervals = [share(rng.random(200) < p)[1] for _ in range(2000)]
    assert coverage(intervals, p) == pytest.approx(0.95, abs=0.02)


def test_students_interval_covers_95_per_cent(rng):
    intervals = [mean(rng.geometric(0.1, 300))[1] for _ in range(2000)]
    assert coverage(intervals, 10) == pytest.approx(0.95, abs=0.015)


def test_the_ratios_interval_covers_95_per_cent(rng, monkeypatch):
    monkeypatch.setattr("rl2_mazes.eval.metrics.intervals.NUM_RESAMPLES", 999)
    intervals = [ratio_of_sums(*lengths(60, rng), rng)[1] for _ in range(400)]
    assert coverage(intervals, 0.8) == pytest.approx(0.95, abs=0.03)
    assert np.mean([high - low for low, high in intervals]) < 0.15, "pairing keeps it narrow"
