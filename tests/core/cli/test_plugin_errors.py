"""An error in a plug-in's code is one line with its place; one of ours keeps its traceback."""

import pytest
from support.programs import run

from rl2_mazes.core.cli.plugin_errors import of_plugin

MODULE = """
from dataclasses import dataclass
from rl2_mazes.agents.learners.ppo import PPOSettings

def late(): raise ZeroDivisionError("two\\nlines")

@dataclass
class Failing(PPOSettings):
    def build(self, agent, seed): late()
"""
TINY = ("suite=bandits/k5_n10", "num_envs=4", "num_steps=20", "total_steps=80", "run_dir=run")


@pytest.fixture
def failing(outside, monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    (outside / "mine.py").write_text(MODULE)
    return outside


def test_the_place_of_the_last_call_in_the_plug_in(failing):
    done = run(failing, "rl2_mazes.agents.train", *TINY, "learner=mine:Failing", expect=2)
    assert done.stderr == (
        f"error: {failing / 'mine.py'}, line 5, of a plug-in, raised ZeroDivisionError: two; "
        "HYDRA_FULL_ERROR=1 shows the traceback\n"
    )


def test_the_traceback_on_demand(failing, monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="line 5, of a plug-in") as raised:
        run(failing, "rl2_mazes.agents.train", *TINY, "learner=mine:Failing")
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_an_error_of_ours_is_no_plug_in_s():
    with pytest.raises(ZeroDivisionError) as raised:
        raise ZeroDivisionError
    assert of_plugin(raised.value) is None
