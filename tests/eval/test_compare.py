"""Trainings that differ in one setting are evaluated alike and laid out by it."""

import json
from dataclasses import replace
from shutil import copytree

import pytest
from support.programs import run

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import compare
from rl2_mazes.eval.reports.comparison_file import Comparison, Run, Training, read_comparison
from rl2_mazes.eval.reports.markdown.comparison_table import comparison_table
from rl2_mazes.eval.reports.markdown.results.comparisons import (
    comparisons_section,
    draw_comparisons,
)

BANDIT = ("suite=bandits/k5_n10", "agent=rl2", "agent.dense_size=8", "agent.feedback_size=0")
TRAINING = (*BANDIT, "num_envs=4", "num_steps=20", "total_steps=80", "tensorboard=false")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for memory, seed in (("gru", 0), ("gru", 1), ("none", 0)):
        more = [f"agent/memory={memory}", f"seed={seed}", f"run_dir={memory}_{seed}"]
        more += ["agent.memory.hidden_size=8"] * (memory == "gru")
        run(folder, "rl2_mazes.agents.train", *TRAINING, *more)
    return folder


def test_groups_are_the_values_of_a_setting_and_known_runs_are_kept(runs, monkeypatch):
    arguments = ["agents=[*_*]", "by=agent.memory", "num_trials=20", "output=found.json"]
    done = run(runs, "rl2_mazes.eval.compare", *arguments)
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "comparison": "found.json",
        "runs": 3,
        "groups": 2,
    }
    first = read_comparison(runs / "found.json")
    assert [(each.training.group, each.training.seed) for each in first.runs] == [
        ("gru", 0),
        ("gru", 1),
        ("none", 0),
    ]
    gru, none = first.runs[0].training, first.runs[2].training
    assert gru.memory_weights == 600
    assert none.memory_weights == 0
    assert gru.steps == 80
    assert gru.curve["steps"][-1] == 80

    monkeypatch.setattr(compare, "measure", lambda *_: pytest.fail("evaluated again"))
    again = run(runs, "rl2_mazes.eval.compare", *arguments)
    assert read_comparison(runs / "found.json") == first
    assert "note: " not in done.stderr + again.stderr


def test_a_training_that_goes_on_is_named(runs, tmp_path):
    copytree(runs / "none_0", tmp_path / "none_0")
    config = tmp_path / "none_0" / "config.yaml"
    config.write_text(config.read_text().replace("total_steps: 80", "total_steps: 1000"))
    done = run(
        tmp_path, "rl2_mazes.eval.compare", "agents=[none_0]", "by=agent.memory", "num_trials=20"
    )
    assert "note: none_0 is at 80 of its 1,000 steps; it is compared as it is" in done.stderr


def test_a_stop_loses_no_run_and_other_settings_overwrite_nothing(runs, monkeypatch):
    arguments = ["agents=[*_*]", "by=agent.memory", "num_trials=20", "output=stopped.json"]
    run(runs, "rl2_mazes.eval.compare", "agents=[none_0]", *arguments[1:])

    measure, calls = compare.measure, []

    def one_only(*given):
        calls.append(given)
        if len(calls) == 2:
            raise UserError("stopped")
        return measure(*given)

    monkeypatch.setattr(compare, "measure", one_only)
    run(runs, "rl2_mazes.eval.compare", *arguments, expect=2)
    left = read_comparison(runs / "stopped.json")
    assert [each.training.group for each in left.runs] == ["gru", "none"]
    done = run(runs, "rl2_mazes.eval.compare", *arguments, "seed=1", expect=2)
    assert "stopped.json holds a comparison by other settings" in done.stderr
    assert read_comparison(runs / "stopped.json") == left


@pytest.mark.parametrize(
    ("by", "words"),
    [("agent.memry", "has no 'memry' there; it has"), ("agent", "a group of settings; name one")],
)
def test_a_setting_that_is_not_there_is_named(runs, by, words):
    arguments = ["agents=[gru_0]", f"by={by}", "output=other.json"]
    assert words in run(runs, "rl2_mazes.eval.compare", *arguments, expect=2).stderr
    assert not (runs / "other.json").exists()


def training(group: str, seed: int, length: float) -> Run:
    curve = {"steps": [100, 200], "length_2": [None, length]}
    figures = {"success": [1.0, 0.5], "length": [9.0, length], "length_all": [9.0, length]}
    figures |= {"length_ratio": length / 9}
    return Run(Training(group, seed, 200, 1000, 100, 50.0 + seed, "a machine", curve), {}, figures)


def test_an_agent_from_outside_has_no_training_to_compare(tmp_path):
    arguments = ("agents=[mine:Agent]", "by=agent.memory")
    failed = run(tmp_path, "rl2_mazes.eval.compare", *arguments, expect=2)
    assert "mine:Agent, an agent from outside; agents=... must name folders of t" in failed.stderr


def test_medians_over_seeds_best_group_first(tmp_path):
    runs = [training("none", seed, 9.0) for seed in range(3)]
    runs += [training("gru", seed, length) for seed, length in enumerate((5.0, 8.0, 6.0))]
    text = comparison_table(runs, "memory", markdown=True)
    _, _, gru, none = text.splitlines()
    assert gru.startswith("| gru | 3 | 1,000 | 100 | 0.0002 | 52 | 9.0 (9.0 to 9.0) | 6.0 (5.0 to")
    assert gru.endswith("| 0.667 (0.556 to 0.889) | 50.0 (50.0 to 50.0) |")
    assert none.startswith("| none |")

    found = Comparison("agent.memory", "twin", "test", 10, 0, runs)
    section = "\n".join(comparisons_section({"memories_grid": found}))
    assert text in section
    path = draw_comparisons({"memories_grid": found}, tmp_path)
    assert path is not None
    assert path.stat().st_size > 1000
    assert comparisons_section({}) == []
    assert draw_comparisons({}, tmp_path) is None


def test_a_damaged_file_is_refused(tmp_path):
    found = Comparison("seed", "twin", "test", 10, 0, [training("gru", 0, 5.0)])
    found.write(tmp_path / "a.json")
    assert read_comparison(tmp_path / "a.json") == found
    wrong = replace(found.runs[0], figures={"success": [1.0, 1.0], "length": "long"})
    replace(found, runs=[wrong]).write(tmp_path / "b.json")
    with pytest.raises(UserError, match=r"b.json: runs\[0\].figures: length"):
        read_comparison(tmp_path / "b.json")
