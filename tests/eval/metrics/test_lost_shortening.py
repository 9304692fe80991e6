"""The shortening that an intervention removes, worked by hand."""

import numpy as np
import pytest
from support.recorded import log_of_lengths as log

from rl2_mazes.eval.metrics.lost_shortening import lost_shortening


def test_the_shortening_that_a_control_loses_by_hand():
    """From 0.5 to 0.9: of the half that was gained a tenth is left, four fifths are lost."""
    agent, control = log([[10, 5], [20, 10]]), log([[10, 9], [20, 18]])
    rng = np.random.default_rng(0)
    assert lost_shortening(agent, control, rng)[0] == pytest.approx(0.8, abs=1e-12)
    assert lost_shortening(agent, agent, rng)[0] == pytest.approx(0, abs=1e-12)


def test_the_lost_shortening_pairs_trials_in_each_log():
    """The agent failed in trial 0, the control in trial 1: 5/10 against 18/20 of the others."""
    wins = [[True, True], [False, True]]
    agent, control = log([[20, 1], [10, 5]], wins[::-1]), log([[20, 18], [9, 20]], wins)
    assert lost_shortening(agent, control, np.random.default_rng(0))[0] == pytest.approx(0.8)


def test_no_shortening_no_loss():
    rng = np.random.default_rng(0)
    same, longer = log([[10, 10], [9, 9]]), log([[5, 10], [9, 9]])
    failed = log([[9, 9]] * 2, [[True, False]] * 2)
    for agent in (same, longer, failed):
        assert lost_shortening(agent, same, rng) == (None, None)
    assert lost_shortening(log([[10, 5], [10, 6]]), failed, rng) == (None, None)


def test_the_lost_shortenings_interval_covers_95_per_cent(monkeypatch):
    """Mazes of many sizes, ratios 0.7 and 0.94: 80 % lost. 300 experiments of 300 trials."""
    monkeypatch.setattr("rl2_mazes.eval.metrics.intervals.NUM_RESAMPLES", 499)
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        size = rng.gamma(4, 10, 300)
        agent, control = (
            log(np.stack((rng.poisson(size) + 1, rng.poisson(ratio * size + ratio)), 1))
            for ratio in (0.7, 0.94)
        )
        low, high = lost_shortening(agent, control, rng)[1]
        hits += low <= 0.8 <= high
    assert hits / 300 == pytest.approx(0.95, abs=0.04)
