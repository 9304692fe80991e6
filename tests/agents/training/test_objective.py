"""The objective of a training: the mean of a metric over its last tenth."""

import math

import pytest

from rl2_mazes.agents.training.objective import objective


def lines(**metrics) -> list[dict]:
    """Iterations at 100, 200 ... steps."""
    columns = zip(*metrics.values(), strict=True)
    return [
        {"steps": 100 * i, **dict(zip(metrics, values, strict=True))}
        for i, values in enumerate(columns, 1)
    ]


def test_it_is_the_mean_over_the_last_tenth():
    found = lines(trial_return=[float(i) for i in range(20)], length_2=[5.0] * 20)
    assert objective(found) == (17 + 18 + 19) / 3  # from 1,800 of 2,000 steps on
    assert objective(found, "length_2") == 5


def test_of_a_mixture_it_is_the_mean_of_its_rows():
    rows = {"bandits/k5_n10/trial_return": [6.0], "bandits/k5_n100/trial_return": [70.0]}
    assert objective(lines(**rows)) == 38


def test_iterations_in_which_no_trial_ended_are_left_out():
    assert objective([{"steps": 1}, {"steps": 95, "trial_return": 3.0}, {"steps": 100}]) == 3
    assert math.isnan(objective([{"steps": 100, "entropy": 1.0}]))


def test_a_metric_that_was_not_measured_is_an_error_that_lists_the_others():
    with pytest.raises(ValueError, match=r"objective is .* choose from entropy, len"):
        objective([{"steps": 100, "entropy": 1.0, "length_2": 9.0}], "lenght_2")
