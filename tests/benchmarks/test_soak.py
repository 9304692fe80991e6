"""A real training under faults, and the account as the program prints it."""

import json
import random
import sys

import pytest
from support.processes import wait_for

from rl2_mazes.agents import train  # noqa: F401  once, before the fork
from rl2_mazes.benchmarks import soak
from rl2_mazes.benchmarks.faults import injector
from rl2_mazes.benchmarks.faults.account import Updates
from rl2_mazes.benchmarks.faults.endurance import Endurance


@pytest.mark.slow
def test_a_training_outlives_its_engines_and_a_kill_costs_no_update(tmp_path, monkeypatch):
    """Its engine is killed, then the training itself; the same command resumes it."""
    rng = random.Random(0)
    trial = Endurance(tmp_path, "mazes/grid_small", 4, 0.01, rng, over=lambda _: False)
    for kind in ("kill_engine", "kill_program"):
        monkeypatch.setattr(injector, "WEIGHTS", {kind: 1})
        trial.train(faults=1)
        assert trial.injector.counts[kind] == 1
    wait_for(lambda: not trial.left_behind())
    figures = trial.figures()
    assert figures["updates"] >= 2
    for name in ("lost_updates", "not_finite", "tracebacks", "hangs", "gave_up"):
        assert figures[name] == 0, figures


def account(monkeypatch, capsys, **figures):
    """Exit code and last line of the program, with faults that hit nothing."""
    for name in ("begin", "evaluate"):
        monkeypatch.setattr(Endurance, name, lambda self, *_: None)
    monkeypatch.setattr(Endurance, "train", lambda self, faults: self.injector.counts.update("abc"))
    monkeypatch.setattr(Updates, "figures", lambda self: figures)
    monkeypatch.setattr(sys, "argv", ["rl2 bench soak", "faults=5", "minutes=1"])
    code = soak.main()
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_account_is_the_last_line(monkeypatch, capsys):
    code, figures = account(monkeypatch, capsys, updates=9, lost_updates=0, not_finite=0)
    assert code == 0
    assert (figures["faults"], figures["updates"]) == (6, 9), "two rounds of three faults"
    assert set(soak.MUST_BE_ZERO) <= figures.keys()
    code, _ = account(monkeypatch, capsys, updates=9, lost_updates=1, not_finite=0)
    assert code == 1
