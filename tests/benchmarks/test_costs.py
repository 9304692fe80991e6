"""Costs of presets are measured from whole iterations."""

import json
import sys

import pytest
from support.presets import composed

from rl2_mazes.benchmarks import costs
from rl2_mazes.core import cli


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(costs, "MIN_SECONDS", 0.0)
    monkeypatch.setattr(costs, "MAX_STEPS", 320)


def test_rollouts_are_of_moderate_size_and_hold_a_trial():
    settings = costs.compose("bandit_k5_n10")
    settings.agent.memory.hidden_size = 10
    cost = costs.measure(settings)
    assert cost["total_steps"] == settings.total_steps
    assert (cost["num_envs"], cost["iterations"]) == (32, 1)
    assert cost["steps_per_cpu_second"] > 10
    assert cost["hardware"]
    settings.num_envs, settings.num_steps = 16, 400
    assert costs.measure(settings)["num_envs"] == 8  # one per minibatch


def test_files_are_added_to(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(costs, "measure", lambda settings: {"measured": settings.name})
    few = ["demo", "mdp_n10", "mdp_n25"]  # composing all of them takes a while
    monkeypatch.setattr(costs, "known_presets", lambda: few)
    for name in ("mdp_n10", "demo"):
        monkeypatch.setattr(sys, "argv", ["costs", f"presets=[{name}]"])
        costs.main()
    found = json.loads(costs.FILE.read_text())
    assert {name for name, cost in found.items() if "measured" in cost} == {"mdp_n10", "demo"}
    assert found["mdp_n25"] == {
        "total_steps": costs.compose("mdp_n25").total_steps
    }  # the length of every preset
    monkeypatch.setattr(sys, "argv", ["costs", "presets=[dmeo]"])
    with pytest.raises(SystemExit) as stopped:
        costs.main()
    assert stopped.value.code == 2
    assert "dmeo is no preset; they are demo, mdp_n10, mdp_n25" in capsys.readouterr().err


def test_lengths_on_file_are_the_presets():
    on_file = json.loads((cli.CONF.parent / costs.FILE).read_text())
    presets = [path.stem for path in (cli.CONF / "experiment").glob("*.yaml")]
    assert {name: cost["total_steps"] for name, cost in on_file.items()} == {
        name: composed(f"experiment={name}").total_steps for name in presets
    }
