"""Agents to record by name, and the answer to a slip in the name of a scripted one."""

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.datasets.players import load_player

SCRIPTED = r"choose from explorer, oracle, random_walk, wall_follower"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("random_wolk", r"did you mean random_walk\? "),
        ("random wolk", r"did you mean random_walk\? "),
        ("oracel", r"did you mean oracle\? "),
        ("xyz", ""),
    ],
)
def test_a_word_that_names_nothing_may_mean_a_scripted_agent(name, near):
    with pytest.raises(UserError, match=f"^agent {name} does not exist; {near}{SCRIPTED}"):
        load_player(name)


@pytest.mark.parametrize("name", ["runs/random_wolk", "/random_wolk", "random_wolk.safetensors"])
def test_a_path_means_a_file(name):
    with pytest.raises(UserError, match=f"^checkpoint {name} does not exist; train one"):
        load_player(name)


def test_a_folder_of_that_name_is_what_is_meant(tmp_path, monkeypatch):
    (tmp_path / "oracel").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^oracel holds no checkpoint"):
        load_player("oracel")
