"""The steps that memory saves, worked by hand."""

import json

import numpy as np
import pytest
from support.programs import run
from support.recorded import log_of_lengths as log

import rl2_mazes as rl2
from rl2_mazes.eval.metrics.summary import summary


def test_steps_saved_by_hand():
    """Episode 2 takes 6 + 9 + 20 steps, and 10 + 8 + 20 with the memory reset; 20 are failures."""
    wins = [[True, True], [True, True], [True, False]]
    agent, reset = log([[4, 6], [7, 9], [5, 20]], wins), log([[5, 10], [7, 8], [5, 20]], wins)
    figures = summary(agent, reset=reset)
    assert figures["steps_saved_by_memory"] == pytest.approx(1 - 35 / 38, abs=1e-12)
    assert figures["length_ratio"] == pytest.approx(15 / 11, abs=1e-12)
    low, high = figures["steps_saved_by_memory_ci"]
    assert low < 1 - 35 / 38 < high


def test_every_later_episode_has_its_own():
    agent, reset = log([[9, 5, 3], [9, 5, 3]]), log([[9, 10, 12], [9, 10, 12]])
    figures = summary(agent, reset=reset)
    assert figures["steps_saved_by_memory"] == 0.5
    assert figures["later"][0]["steps_saved_by_memory"] == 0.75


def test_a_memory_of_no_use_saves_nothing():
    same = log([[4, 6], [7, 9]])
    figures = summary(same, reset=same)
    assert figures["steps_saved_by_memory"] == 0
    assert figures["steps_saved_by_memory_ci"] == (0, 0)


def test_without_the_other_run_it_is_unknown():
    assert "steps_saved_by_memory" not in summary(log([[4, 6]]))


def test_the_interval_covers_95_per_cent(monkeypatch):
    """Mazes of many sizes; memory saves a fifth of the steps. 300 experiments of 200 trials."""
    monkeypatch.setattr("rl2_mazes.eval.metrics.intervals.NUM_RESAMPLES", 499)
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(300):
        size = rng.gamma(4, 10, 200)
        first = rng.poisson(size) + 1
        agent, reset = (
            log(np.stack((first, rng.poisson(share * size) + 1), 1)) for share in (0.8, 1.0)
        )
        low, high = summary(agent, reset=reset, seed=seed)["steps_saved_by_memory_ci"]
        hits += low <= 1 - (0.8 * 40 + 1) / (40 + 1) <= high
    assert hits / 300 == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize(
    ("name", "measured"),
    [("grid_small", False), ("grid_small_new_start", True), ("grid_small_new_target", True)],
)
def test_an_evaluation_measures_it_where_episodes_differ(tmp_path, name, measured):
    assert rl2.make_suite(f"mazes/{name}").episodes_differ == measured
    where = (f"suite=mazes/{name}", "engine=twin", "num_trials=4", "video=false", "output_dir=out")
    run(tmp_path, "rl2_mazes.eval.evaluate", "agent=pretrained/demo", *where)
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert ("steps_saved_by_memory" in results) == measured
