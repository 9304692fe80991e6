"""The agent and the suite of an evaluation: ones that programs can measure."""

from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest
import torch

from rl2_mazes.agents.training.checkpoint import find_weights
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.suite import Suite
from rl2_mazes.eval.adapters.loading import OutsideAgent
from rl2_mazes.eval.datasets.players import load_player
from rl2_mazes.eval.tables import _subject
from rl2_mazes.eval.trials.setup import Subject, choose_suite, load_subject


def test_a_suite_of_a_plug_in_without_tables_is_an_error_that_names_the_way_to_measure():
    names = (*dir(Suite), *Suite.__annotations__)
    members = {name: print for name in names if not name.startswith("_")}  # never called
    corridors = type("Corridors", (), members | {"kind": "corridors", "has_success": True})()
    subject = Subject("my_agents:make_agent", object.__new__(OutsideAgent))
    with pytest.raises(ValueError, match=r"suite 'corridors' is neither .*run_trials"):
        choose_suite(subject, corridors, "test", 10)


MODULES = {
    "my_agents": "my_agents:Name",
    "my_agents.py": "my_agents:Name",
    "./my_agents.py": "my_agents:Name",
    "package": "package:Name",
    "package/__init__.py": "package:Name",
    "package/mine.py": "package.mine:Name",
    "package.mine": "package.mine:Name",
    "../elsewhere/my_agents.py": "my_agents:Name",
}


@pytest.mark.parametrize("given", MODULES)
def test_a_module_is_no_agent_and_the_way_to_name_one_in_it_is_said(given, folder):
    for load in (load_subject, load_player, lambda path: _subject(path, [], torch.device("cpu"))):
        with pytest.raises(UserError, match=rf"^{given} is a .* say {MODULES[given]} "):
            load(given)


def test_a_module_may_register_a_scripted_agent(folder):
    with pytest.raises(UserError, match=r"or add plugins=\[my_agents\] if it registers"):
        load_player("my_agents")


def test_an_agent_may_have_the_name_of_a_module(folder):
    copy(find_weights(Path("pretrained/grid_small")), folder / "package" / "weights.safetensors")
    assert load_subject("package").weights == Path("package/weights.safetensors")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with modules that are not imported."""
    (tmp_path / "package").mkdir()
    (tmp_path / "elsewhere").mkdir()
    for name in ("my_agents", "package/__init__", "package/mine", "elsewhere/my_agents"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_agent_for_other_sizes_names_those_alone():
    subject = load_subject("pretrained/mdp_n10/seed_0")
    suite = replace(subject.suite, num_states=3)
    with pytest.raises(
        UserError,
        match="the agent is for num_states=10, the suite has num_states=3; choose another",
    ):
        choose_suite(subject, suite, "test", 10)
    with pytest.raises(
        UserError, match=r"is for num_actions=5, num_states=10, which none of the rows has$"
    ):
        _subject("pretrained/mdp_n10/seed_0", [suite], torch.device("cpu"))
