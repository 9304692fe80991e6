"""Agents of a mixture of rows are evaluated on one row at a time."""

import json
import sys
from dataclasses import asdict

import pytest
import torch

from rl2_mazes.agents.memory.mean import MeanSettings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.training.checkpoint import AgentCard, save
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.tabular.mixed_suite import MixedSuite
from rl2_mazes.eval import evaluate


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    suite = MixedSuite(["bandits/k3_n4", "bandits/k5_n10"])
    agent = ExchangeableSettings(memory=MeanSettings(hidden_size=4)).build(suite.spaces)
    save(tmp_path / "run" / "checkpoints", agent, AgentCard.of(agent, asdict(suite)), {})
    return "run"


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["rl2-eval", *arguments])
    evaluate.main()


@pytest.mark.parametrize("row", ["k5_n10", "k10_n10"])  # trained on, and never seen
def test_it_plays_any_row_of_the_kind(row, folder, monkeypatch, capsys):
    run(monkeypatch, f"agent={folder}", f"suite=bandits/{row}", "num_trials=20", "output_dir=out")
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["row"] == row
    assert 2 < last["mean"] < 8


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ([], "choose one: suite=bandits/k3_n4 or suite=bandits/k5_n10"),
        (["suite=mdps/n10"], "was trained on the suite 'bandits'; it cannot act in 'mdps'"),
    ],
)
def test_what_it_cannot_play_is_said_in_one_line(suite, message, folder, monkeypatch, capsys):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    with pytest.raises(SystemExit):
        run(monkeypatch, f"agent={folder}", *suite, "output_dir=out")
    assert message in capsys.readouterr().err


def test_a_mixture_is_a_mixture():
    with pytest.raises(UserError, match="kind is foo; it cannot be set; it is mixed"):
        MixedSuite(["bandits/k3_n4"], kind="foo")
