"""Every program measures an agent from outside; the same seed measures the same."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import strangers
from support.processes import children, is_gone
from support.programs import run

import rl2_mazes as rl2
from rl2_mazes.eval.human.game import choose_game

EVAL, REPORT = "rl2_mazes.eval.evaluate", "rl2_mazes.eval.report"
BATTERY = "rl2_mazes.eval.battery"
FEW = ("suite=mazes/grid_small", "num_trials=4")


def last_line(done):
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Path:
    """A folder in which an agent and ours are measured in the engine, with the battery of one."""
    folder = tmp_path_factory.mktemp("measured")
    stranger = "agent=strangers:make_function"
    run(folder, EVAL, stranger, *FEW, "video=false")
    ours = ("agent=pretrained/grid_small", "engine=twin", "output_dir=ours", "num_trials=4")
    run(folder, EVAL, *ours, "video=false")
    done = run(folder, BATTERY, stranger, *FEW, "only=[as trained,memory reset,5x5 rooms]")
    assert last_line(done)["train_steps"] is None
    wrong = run(folder, BATTERY, stranger, *FEW, "only=[greedy actions]", expect=2)
    assert "only names 'greedy actions'" in wrong.stderr  # it has no such attribute
    return folder


def test_results_say_what_is_known(measured):
    folder = measured / "runs/outside/strangers.make_function/grid_small/evaluation"
    results = json.loads((folder / "results.json").read_text())
    assert results["checkpoint"] is results["train_steps"] is results["trained_on"] is None
    known = results["outside_agent"]
    assert known["name"] == "strangers:make_function"
    assert known["wraps"] == "strangers.policy"
    assert {"python", "torch", "rl2-mazes"} <= known["versions"].keys()
    page = (folder / "report.md").read_text()
    assert "an agent from outside, whose training is not known" in page
    (battery,) = (json.loads(file.read_text()) for file in folder.glob("only_*/battery.json"))
    meanings = {each["condition"]: each["meaning"] for each in battery["conditions"]}
    assert meanings["as trained"] == "mazes like those of the suite"
    assert "not seen in the suite" in meanings["5x5 rooms"]


def test_a_report_shows_it_beside_ours(measured):
    both = "agents=[strangers:make_function,ours]"
    done = run(measured, REPORT, both, "films=none")
    assert last_line(done)["settings"] == 2
    page = (measured / "report" / "report.html").read_text()
    assert "outside agent" in page
    assert "strangers:make_function, from outside: strangers.policy" in page
    missing = run(measured, REPORT, "agents=[strangers:turner]", "films=none", expect=2)
    assert "evaluate it first with rl2-eval agent=strangers:turner suite=" in missing.stderr


def test_a_report_shows_all_its_evaluations_on_mazes(tmp_path):
    """Those by another choice too, which lie in folders below; those on bandits are passed over."""
    agent = "agent=strangers:make_function"
    for more in (("engine=twin",), ("engine=twin", "seed=1")):
        run(tmp_path, EVAL, agent, *FEW, *more, "video=false")
    report = ("agents=[strangers:make_function]", "films=none", "output_dir=report")
    assert last_line(run(tmp_path, REPORT, *report))["runs"] == 2
    run(tmp_path, EVAL, agent.replace("make_function", "Drawing"), "suite=bandits/k5_n10")
    failed = run(tmp_path, REPORT, "agents=[strangers:Drawing]", "films=none", expect=2)
    assert "strangers:Drawing, which has no evaluation on mazes; evaluate it" in failed.stderr


def test_the_gallery_films_it(tmp_path):
    run(
        *(tmp_path, "rl2_mazes.eval.gallery", "agents=[strangers:turner]", *FEW),
        *("ranks=[best]", "reset=false"),
    )
    (film,) = json.loads((tmp_path / "videos" / "films.json").read_text())
    assert film["group"].startswith("strangers:turner: 3x3 rooms")
    assert film["about"].startswith("An agent from outside, whose training is not known. Of 4")
    assert (tmp_path / "videos" / f"{film['name']}.mp4").stat().st_size > 1000


def test_one_plays_against_it():
    suite, agent = choose_game("strangers:Turner", None, "test")
    assert suite.rules.movement == "grid"
    assert agent is not None


def test_tabular_suites(tmp_path):
    done = run(tmp_path, EVAL, "agent=strangers:Drawing", "suite=bandits/k5_n10", "num_trials=200")
    results = last_line(done)
    assert results["mean"] == pytest.approx(5, abs=0.5)
    assert results["outside_agent"]["class"] == "strangers.Drawing"
    rows = "rows=[k5_n10,k10_n10]"
    arguments = ("algorithms=[random]", "agents=[strangers:Drawing]", "num_tasks=100")
    run(tmp_path, "rl2_mazes.eval.tables", "suite=bandits", rows, *arguments, "output_dir=.")
    cells = pl.read_csv(tmp_path / "cells.csv").filter(algorithm="strangers:Drawing")
    assert cells["row"].to_list() == ["k5_n10", "k10_n10"]
    assert cells["track"].to_list() == ["outside"] * 2
    assert cells["steps"].is_null().all()
    assert cells["mean"].to_list() == pytest.approx([5, 5], abs=0.6)
    one_row = "agents=[strangers:OfStates]"
    arguments = ("suite=bandits", "rows=[k5_n10]", "algorithms=[none]", one_row)
    done = run(tmp_path, "rl2_mazes.eval.tables", *arguments, expect=2)
    assert "strangers:OfStates fits none of the rows" in done.stderr
    arguments = (
        "suite=bandits",
        "rows=[k5_n10]",
        "algorithms=[none]",
        "agents=[strangers:raising]",
    )
    run(tmp_path, "rl2_mazes.eval.tables", *arguments, "output_dir=empty", expect=2)
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("agent=strangers:Turner",), "is not known; give one, such as suite=mazes/walk_small"),
        (("agent=strangers:raising", *FEW), "act raised ZeroDivisionError: division by zero"),
        (("agent=strangers:nothing_like_it", *FEW), "module strangers has no 'nothing_like_it'"),
    ],
)
def test_mistakes_end_in_one_line(arguments, message, tmp_path):
    done = run(tmp_path, EVAL, *arguments, "engine=twin", expect=2)
    assert message in done.stderr
    assert not list(tmp_path.iterdir()), "no empty folder is left behind"
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1


def test_the_same_seed_gives_the_same_trials():
    """Also in batches of another size, for an agent that draws nothing."""
    suite = rl2.make_suite("mazes/grid_small", num_tasks=12)
    actions = [
        rl2.run_trials(make(suite.spaces), suite, num_trials=12, num_envs=num_envs).log.actions
        for make, num_envs in (
            *((drawn, num_envs) for num_envs in (12, 12)),
            *((undrawn, num_envs) for num_envs in (12, 5, 1)),
        )
    ]
    assert np.array_equal(actions[0], actions[1])
    assert np.array_equal(actions[2], actions[3])
    assert np.array_equal(actions[2], actions[4])


def drawn(spaces):
    def policy(observation, state, rng):
        return rng.integers(3)

    return rl2.FunctionAgent(policy, spaces)


def undrawn(spaces):
    """Decides by the image, the last action and its own count."""

    def policy(observation, state):
        count = 0 if state is None else state
        total = int(observation["image"].sum()) + int(observation["prev_action"]) + count
        return (2, 2, 0, 1)[total % 4], count + 1

    return rl2.FunctionAgent(policy, spaces)


@pytest.mark.parametrize("name", ["raising", "make_slow"])
def test_no_engine_stays_behind_and_nothing_is_lost(name, tmp_path):
    """A slow agent is waited for; one that raises leaves what was measured before as it was."""
    folder = tmp_path / "runs" / "outside" / f"strangers.{name}" / "grid_small" / "evaluation"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("measured before")
    before = set(children(os.getpid()))
    strangers.engines.clear()
    one = ("suite=mazes/grid_small", "num_trials=1", "engine=doom", "video=false")
    run(tmp_path, EVAL, f"agent=strangers:{name}", *one, expect=2 if name == "raising" else 0)
    assert strangers.engines - before
    assert all(is_gone(pid) for pid in strangers.engines - before)
    kept = (folder / "results.json").read_text() == "measured before"
    assert kept == (name == "raising")
