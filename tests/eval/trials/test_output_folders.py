"""Folders of evaluations: readable, and none takes another's place."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from rl2_mazes.eval.trials import output_folders

LONG = [
    *("engine=twin", "engine.num_workers=1", "episodes_per_trial=3", "greedy=true", "seed=12"),
    *("split=validation", "suite.family=gaussian", "suite.noise_std=0.5"),
]


@pytest.fixture
def name_of(monkeypatch):
    """The folder's name of an evaluation that was asked for by these overrides."""

    def name(*overrides, **usual):
        asked = SimpleNamespace(overrides=SimpleNamespace(task=overrides))
        hydra = SimpleNamespace(initialized=lambda: True, get=lambda: asked)
        monkeypatch.setattr(output_folders, "HydraConfig", hydra)
        folder = output_folders.evaluation_folder(Path("run"), **usual)
        return folder.relative_to("run/evaluation").as_posix()

    return name


def test_a_name_is_of_what_is_unusual(name_of):
    assert name_of("agent_path=run", "num_trials=10", "seed=0", "engine=doom") == "."
    assert name_of("suite=bandits/k5_n10", "seed=3") == "seed_3__suite_bandits_k5_n10"


def test_a_battery_of_some_conditions_takes_no_others_place(name_of):
    battery = {"engine": "twin", "keys": (*output_folders.ASKED, "only")}
    assert name_of("engine=twin", "num_trials=10", **battery) == "."
    assert name_of("engine=doom", **battery) == "engine_doom"
    assert name_of("only=[controls]", "split=train", **battery) == "only_controls___split_train"


def test_long_names_that_differ_at_the_end_stay_different(name_of):
    names = {name_of(*LONG, f"suite=bandits/k5_n{pulls}") for pulls in (10, 50)}
    assert len(names) == 2
    assert {len(name) for name in names} == {100}
    assert len({name[:91] for name in names}) == 1
    assert name_of(*LONG, "suite=bandits/k5_n10") in names  # the same again


def test_a_name_of_the_greatest_length_stays_as_it_is(name_of):
    longest = "suite=" + "a" * 94
    assert name_of(longest) == longest.replace("=", "_")
    assert name_of(f"{longest}a") != name_of(longest)
