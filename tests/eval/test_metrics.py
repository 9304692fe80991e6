"""Metrics against numbers worked by hand, and intervals against what they promise."""

import json

import numpy as np
import pytest
import torch

from eval.metrics import improved, length_ratio, mean, share, summary
from eval.rollouts import TrialLog


def log(length, success=None) -> TrialLog:
    length = np.array(length, dtype=np.int64)
    return TrialLog(
        length=length,
        success=np.ones_like(length, dtype=bool) if success is None else np.array(success),
        episode_return=-length.astype(np.float32),
        tasks=torch.arange(len(length)),
        actions=np.zeros(length.sum(), dtype=np.uint8),
    )


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


def test_undefined_figures_are_none(rng):
    assert share(np.zeros(0, bool)) == (None, None)
    assert mean(np.zeros(0)) == (None, None)
    assert mean(np.array([3])) == (3, None)
    nothing = log([[9, 9], [9, 9]], [[False, True], [True, False]])
    assert length_ratio(nothing, rng) == (None, None)
    assert length_ratio(log([[8, 6]]), rng) == (0.75, None)


def test_the_ratio_pairs_trials_that_succeed_in_both(rng):
    """(6 + 3) / (8 + 4) from trials 0 and 1; the others failed once."""
    lengths = [[8, 6], [4, 3], [50, 1], [1, 50]]
    wins = [[True, True], [True, True], [False, True], [True, False]]
    assert length_ratio(log(lengths, wins), rng)[0] == 0.75


def test_a_ratio_that_every_trial_has_is_its_own_interval(rng):
    assert length_ratio(log([[8, 6], [4, 3]]), rng) == (0.75, (0.75, 0.75))


@pytest.mark.parametrize("trials", [2, 3, 5])
def test_few_trials_give_a_finite_interval_around_the_ratio(trials, rng):
    for _ in range(20):
        ratio, interval = length_ratio(log(rng.integers(5, 50, (trials, 2))), rng)
        assert ratio is not None
        assert interval is not None
        assert interval[0] <= ratio <= interval[1]


def test_improved_counts_ties_and_failures():
    """Shorter, equal, longer, failed twice, failed at first, failed at last: 4 of 6."""
    lengths = [[8, 6], [7, 7], [5, 6], [50, 50], [50, 20], [20, 50]]
    wins = [[True, True], [True, True], [True, True], [False, False], [False, True], [True, False]]
    assert improved(log(lengths, wins))[0] == pytest.approx(4 / 6)


def test_summary_by_hand_and_json():
    figures = summary(log([[8, 6], [4, 5], [10, 9]], [[True, True], [True, True], [False, True]]))
    assert figures["trials"] == 3
    assert figures["success"] == pytest.approx([2 / 3, 1])
    assert figures["length"] == pytest.approx([6, 20 / 3])
    assert figures["episode_return"] == pytest.approx([-22 / 3, -20 / 3])
    assert figures["pairs"] == 2
    assert figures["ratio"] == pytest.approx(11 / 12)
    assert figures["improved"] == pytest.approx(2 / 3)
    assert json.loads(json.dumps(figures, allow_nan=False))["ratio"] == pytest.approx(11 / 12)
    low, high = figures["ratio_ci"]
    assert low < figures["ratio"] < high


def test_summary_of_nothing_but_failures_is_json_without_nan():
    figures = summary(log([[9, 9]] * 3, [[False, False]] * 3))
    assert figures["success"] == [0, 0]
    assert figures["length"] == [None, None]
    assert figures["length_ci"] == [None, None]
    assert figures["ratio"] is figures["ratio_ci"] is None
    assert figures["improved"] == 1
    assert "null" in json.dumps(figures, allow_nan=False)


def test_summary_of_single_episodes_has_no_ratio():
    assert "ratio" not in summary(log([[3], [4]]))


def test_summary_is_the_same_again():
    lengths = np.random.default_rng(0).integers(1, 50, (50, 2))
    assert summary(log(lengths)) == summary(log(lengths))


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
    """Lengths correlated by the maze's size; the true ratio is 0.8."""
    monkeypatch.setattr("eval.metrics.NUM_RESAMPLES", 999)

    def experiment():
        size = rng.gamma(2, 10, 60)
        first = rng.poisson(size) + 1
        second = rng.poisson(0.8 * size + 0.8)
        return length_ratio(log(np.stack((first, second), 1)), rng)[1]

    intervals = [experiment() for _ in range(400)]
    assert coverage(intervals, 0.8) == pytest.approx(0.95, abs=0.03)
    assert np.mean([high - low for low, high in intervals]) < 0.15, "pairing keeps it narrow"
