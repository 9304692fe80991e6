"""Seeds of one setting are averaged; whatever else differs is kept apart and stated."""

from dataclasses import replace

import numpy as np
import pytest
from support.page_runs import SUITE, write_run

from rl2_mazes.eval.metrics.intervals import mean
from rl2_mazes.eval.reports.html.groups import group_runs, in_the_middle
from rl2_mazes.eval.reports.html.runs import read_runs

ROUNDS = {0: [(3, 0), (1, 0)], 1: [(3, 1), (1, 1)], 2: [(3, 2), (1, 2)]}  # by seed


@pytest.fixture
def seeds(tmp_path):
    return read_runs([write_run(tmp_path / f"seed_{s}", s, r) for s, r in ROUNDS.items()])


def test_a_group_is_the_mean_over_seeds(seeds):
    (group,) = group_runs(seeds)
    assert group.name == "demo"
    lengths = np.array([run.log.length[:, 1].mean() for run in seeds])
    assert lengths[1] - lengths[0] == 4
    assert group.estimate("length", 1) == mean(lengths)
    assert group.estimate("length_ratio") == mean(
        np.array([run.results["length_ratio"] for run in seeds])
    )
    assert in_the_middle(group) is seeds[1]


def test_a_single_run_keeps_its_own_interval(seeds):
    (group,) = group_runs(seeds[:1])
    results = seeds[0].results
    assert group.estimate("length_ratio") == (
        results["length_ratio"],
        tuple(results["length_ratio_ci"]),
    )
    assert group.estimate("length", 0)[1] == tuple(results["length_ci"][0])


def test_an_agent_measured_twice_is_not_two_seeds(tmp_path):
    runs = read_runs([write_run(tmp_path / name) for name in ("once", "again")])
    for change in ({"seed": 1}, {"greedy": True}):
        again = replace(runs[1], results=runs[1].results | change)
        assert [len(group.runs) for group in group_runs([runs[0], again])] == [1, 1]


def test_a_setting_that_went_and_was_off_makes_no_other_group(tmp_path):
    agents = ({"dense_size": 4}, {"dense_size": 4, "pair_inputs": False})
    folders = [write_run(tmp_path / f"s_{n}", n, agent=each) for n, each in enumerate(agents)]
    (group,) = group_runs(read_runs(folders))
    assert len(group.runs) == 2


def test_what_no_run_has_is_none(tmp_path):
    (group,) = group_runs(read_runs([write_run(tmp_path / "fails", rounds=[(None, None)] * 2)]))
    assert group.estimate("length_ratio") == (None, None)
    assert group.estimate("length", 0) == (None, None)
    assert group.estimate("no such figure") == (None, None)


def test_other_settings_are_another_group_and_its_name_says_which(tmp_path):
    folders = [
        write_run(tmp_path / "a", learner={"lr": 0.002, "clip_coef": 0.2}),
        write_run(tmp_path / "b", learner={"lr": 0.004, "clip_coef": 0.2}),
        write_run(tmp_path / "c", seed=1, learner={"lr": 0.002, "clip_coef": 0.2}),
        write_run(tmp_path / "d", name="other", suite=SUITE),
    ]
    groups = group_runs(read_runs(folders))
    assert [group.name for group in groups] == [
        "demo (learner.lr=0.002)",
        "demo (learner.lr=0.004)",
        "other",
    ]
    assert [run.config["seed"] for run in groups[0].runs] == [0, 1]
