"""Metrics worked by hand."""

import json

import numpy as np
import pytest
from support.recorded import log_of_lengths as log

from rl2_mazes.core.metrics import METRICS
from rl2_mazes.eval.metrics.summary import summary

# Five trials with a horizon of 20: shorter, no gap and equal, longer, a failure at first, a
# failure later.
LENGTHS = [[10, 6], [4, 4], [8, 9], [20, 5], [10, 20]]
WINS = [[True, True], [True, True], [True, True], [False, True], [True, False]]
SHORTEST = np.array([[5, 5], [4, 4], [6, 6], [5, 5], [8, 8]])


@pytest.fixture
def figures() -> dict:
    return summary(log(LENGTHS, WINS), SHORTEST)


def test_each_episode_by_hand(figures):
    assert figures["trials"] == 5
    assert figures["success"] == [0.8, 0.8]
    assert figures["length"] == [32 / 4, 24 / 4]
    assert figures["length_all"] == [52 / 5, 44 / 5]
    assert figures["episode_return"] == pytest.approx([-52 / 5, -44 / 5])
    assert figures["shortest_length"] == [28 / 5, 28 / 5]


def test_spl_by_hand(figures):
    """Episode 1: 5/10, 4/4, 6/8, a failure, 8/10. Episode 2: 5/6, 4/4, 6/9, 5/5, a failure."""
    assert figures["spl"] == pytest.approx(
        [(0.5 + 1 + 0.75 + 0 + 0.8) / 5, (5 / 6 + 1 + 2 / 3 + 1) / 5], abs=1e-12
    )


def test_spl_of_an_episode_below_the_shortest_length_is_1():
    assert summary(log([[4]]), np.array([[5]]))["spl"] == [1]


def test_length_over_the_shortest_by_hand(figures):
    """Of successes: (10 + 4 + 8 + 10) / (5 + 4 + 6 + 8) and (6 + 4 + 9 + 5) / (5 + 4 + 6 + 5)."""
    assert figures["over_shortest"] == pytest.approx([32 / 23, 24 / 20], abs=1e-12)


def test_the_ratio_by_hand(figures):
    """The first three trials succeed in both: (6 + 4 + 9) / (10 + 4 + 8)."""
    assert figures["pairs"] == 3
    assert figures["length_ratio"] == pytest.approx(19 / 22, abs=1e-12)
    assert figures["length_ratio_all"] == pytest.approx(44 / 52, abs=1e-12)


def test_not_longer_and_strictly_shorter_by_hand(figures):
    """Shorter, equal, longer, shorter, longer: ties count as not longer, as the paper counts."""
    assert figures["not_longer"] == 3 / 5
    assert (figures["shorter"], figures["equal"], figures["longer"]) == (2 / 5, 1 / 5, 2 / 5)


def test_trials_that_fail_twice_are_ties():
    figures = summary(log([[9, 9], [9, 4]], [[False, False], [False, True]]))
    assert (figures["not_longer"], figures["equal"], figures["shorter"]) == (1, 0.5, 0.5)


def test_the_share_of_the_gap_closed_by_hand(figures):
    """With a gap, of those that succeed in both: (10 - 6) + (8 - 9) of (10 - 5) + (8 - 6)."""
    assert figures["gap_trials"] == 2
    assert figures["gap_closed"] == pytest.approx(3 / 7, abs=1e-12)
    # All: 4 + 0 - 1 + 15 - 10 of 5 + 0 + 2 + 15 + 2.
    assert figures["gap_closed_all"] == pytest.approx(8 / 24, abs=1e-12)


def test_a_new_start_compares_the_excess_over_each_shortest_path():
    """Excesses 4 and 2, though the later episode is the longer one."""
    figures = summary(log([[9, 12]]), np.array([[5, 10]]))
    assert figures["gap_closed"] == 0.5


def test_without_memory_the_share_over_all_trials_is_zero():
    """Both episodes are one lottery: 0, 1, 2 ... steps too many with chances 1/2, 1/4, 1/8 ...

    Where there was a gap, episode 1 had 2 too many on average, episode 2 has 1: half is "closed".
    """
    rng = np.random.default_rng(0)
    shortest = np.repeat(rng.integers(5, 9, 2000)[:, None], 2, axis=1)
    figures = summary(log(shortest + rng.geometric(0.5, shortest.shape) - 1), shortest)
    low, high = figures["gap_closed_all_ci"]
    assert low < 0 < high
    low, high = figures["gap_closed_ci"]
    assert low < 0.5 < high


def test_later_episodes_compare_with_the_first():
    figures = summary(log([[10, 9, 5], [10, 8, 7]]), np.full((2, 3), 4))
    assert figures["length_ratio"] == 17 / 20
    (third,) = figures["later"]
    assert third["episode"] == 3
    assert third["length_ratio"] == 12 / 20
    assert third["shorter"] == 1
    assert third["gap_closed"] == 8 / 12
    assert len(figures["spl"]) == len(figures["length_all"]) == 3


def test_intervals_surround_their_estimates(figures):
    for name in ("length_ratio", "length_ratio_all", "gap_closed", "not_longer", "shorter"):
        low, high = figures[f"{name}_ci"]
        assert low < figures[name] < high
    for name in ("success", "length", "length_all", "spl", "over_shortest"):
        for value, (low, high) in zip(figures[name], figures[f"{name}_ci"], strict=True):
            assert low < value < high


def test_figures_are_json(figures):
    assert (
        json.loads(json.dumps(figures, allow_nan=False))["length_ratio"] == figures["length_ratio"]
    )


def test_summary_of_nothing_but_failures_is_none_without_nan():
    figures = summary(log([[9, 9]] * 3, [[False, False]] * 3), np.full((3, 2), 4))
    assert figures["success"] == figures["spl"] == [0, 0]
    assert figures["length"] == figures["length_ci"] == [None, None]
    assert figures["over_shortest"] == [None, None]
    assert figures["length_ratio"] is figures["length_ratio_ci"] is None
    assert figures["gap_closed"] is figures["gap_closed_ci"] is None
    assert figures["gap_trials"] == 0
    assert figures["length_ratio_all"] == figures["not_longer"] == 1
    assert "null" in json.dumps(figures, allow_nan=False)


def test_summary_of_one_trial_has_values_without_intervals():
    figures = summary(log([[8, 6]]), np.array([[4, 4]]))
    assert (figures["length_ratio"], figures["gap_closed"], figures["length"]) == (
        0.75,
        0.5,
        [8, 6],
    )
    assert figures["length_ratio_ci"] is figures["gap_closed_ci"] is None
    assert figures["spl_ci"] == figures["length_ci"] == [None, None]


def test_summary_of_single_episodes_has_no_ratio():
    assert "length_ratio" not in summary(log([[3], [4]]))


def test_summary_without_shortest_paths_has_no_spl():
    assert "spl" not in summary(log(LENGTHS, WINS))


def test_summary_is_the_same_again():
    lengths = np.random.default_rng(0).integers(1, 50, (50, 2))
    assert summary(log(lengths)) == summary(log(lengths))


def test_the_summary_holds_every_metric_of_the_registry(figures):
    needs = {"poses", "mazes", "wall_penalty", "reset_length"}
    known = {name for name, metric in METRICS.all().items() if not needs & set(metric.needs)}
    with_interval = {name for name in known if METRICS.get(name).interval}
    assert figures.keys() == {"trials"} | known | {f"{name}_ci" for name in with_interval}


def test_a_metric_needs_but_one_function(monkeypatch):
    """`examples/new_metric.py` in small: registered, it stands in every summary."""
    monkeypatch.setattr(METRICS, "_entries", dict(METRICS.all()))

    @METRICS.metric("longest", "longest episode", "steps", "lower")
    def longest(episode, rng):
        """Most steps of any episode."""
        return int(episode.length.max())

    assert METRICS.get("longest").meaning == "Most steps of any episode."
    assert summary(log(LENGTHS))["longest"] == [20, 20]


@pytest.mark.parametrize("name", METRICS.all())
def test_a_meaning_is_plain_text(name):
    """Pages show it as it is."""
    meaning = METRICS.get(name).meaning
    assert meaning.endswith(".")
    assert "`" not in meaning
