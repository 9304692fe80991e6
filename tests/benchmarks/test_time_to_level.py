"""Trainings end where a level is held, and are not repeated."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from rl2_mazes.benchmarks import time_to_level
from rl2_mazes.benchmarks.time_to_level import LEVELS, Seed, TimeToLevelConfig, row
from rl2_mazes.core.errors import UserError

TINY = ["num_envs=16", "num_steps=10", "total_steps=960", "agent.memory.hidden_size=20"]


def train(monkeypatch, answers):
    """A training of six iterations, whose measurements reach the level as `answers` say."""
    given = iter(answers)
    level = replace(LEVELS["demo"], preset="bandit_k5_n10", reached=lambda figures: next(given))
    monkeypatch.setitem(LEVELS, "tiny", level)
    settings = TimeToLevelConfig(num_trials=10, device="cpu", changes=TINY)
    return time_to_level.train("tiny", 0, settings, torch.device("cpu"))


def test_a_level_counts_from_the_first_of_two_measurements_in_a_row(monkeypatch):
    found = train(monkeypatch, [False, True, False, True, True])
    assert (found.steps, found.trained) == (4 * 160, 5 * 160)
    assert found.seconds is not None
    assert found.seconds > 0
    assert found.figures["mean"] > 0


def test_a_level_at_the_end_counts_and_one_before_alone_does_not(monkeypatch):
    at_the_end = train(monkeypatch, [False] * 5 + [True])
    assert at_the_end.steps == at_the_end.trained == 960
    before = train(monkeypatch, [False] * 4 + [True, False])
    assert (before.steps, before.seconds, before.trained) == (None, None, 960)


def test_levels_are_those_of_the_figures():
    demo, walk, bandit = (LEVELS[name] for name in ("demo", "walk_small", "bandit_k50_n500"))
    assert demo.reached({"success": [1.0, 0.99], "length_ratio": 0.8})
    assert not demo.reached({"success": [1.0, 0.98], "length_ratio": 0.7})
    assert not demo.reached({"success": [1.0, 1.0], "length_ratio": None})
    assert walk.reached({"length_all": [52.4, 39.1]})
    assert not walk.reached({"length_all": [52.4, 39.2]})
    assert bandit.reached({"mean": 430.0, "by_regret": 439.0})
    assert not bandit.reached({"mean": 440.0, "by_regret": 438.0})


def test_the_median_counts_a_seed_that_never_held_as_last():
    def seed(steps):
        seconds = steps and 60.0 * steps
        return Seed("demo", [], 0, steps, seconds, 10, {}, {})

    found = row("demo", [seed(3), seed(None), seed(2)])
    assert (found["held"], found["steps"], found["minutes"]) == (2, 3, 3.0)
    assert row("demo", [seed(1), seed(None), seed(None)])["steps"] is None


def test_finished_seeds_are_kept(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    trained = []

    def fake(name, seed, settings, device):
        trained.append((name, seed))
        return Seed(name, settings.changes, seed, 100 * seed, 60.0, 500, {}, {})

    monkeypatch.setattr(time_to_level, "train", fake)
    for seeds in (1, 2):
        monkeypatch.setattr(sys, "argv", ["bench", "levels=[demo,mdp_n10]", f"seeds={seeds}"])
        time_to_level.main()
    assert trained == [("demo", 0), ("mdp_n10", 0), ("demo", 1), ("mdp_n10", 1)]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [each["level"] for each in last["levels"]] == ["demo", "mdp_n10"]
    assert last["levels"][0]["steps"] == 50


def test_an_unknown_level_is_named():
    with pytest.raises(UserError, match="levels names moon; it must name some of demo"):
        TimeToLevelConfig(levels=["moon"])
