"""Submissions are refused before their trials are run, if no track takes them."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from support.programs import run

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.api import make_suite
from rl2_mazes.eval.leaderboard import submission
from rl2_mazes.eval.leaderboard.submit import draft
from rl2_mazes.eval.trials.setup import load_subject
from rl2_mazes.mdps.suite import MDPSuite

OUTSIDER = SimpleNamespace(card=None, weights=None)


@pytest.fixture
def subject():
    return load_subject("pretrained/demo/seed_0")


@pytest.fixture
def facts(tmp_path):
    def write(text):
        (tmp_path / "facts.yaml").write_text(text)
        return str(tmp_path / "facts.yaml")

    return write


def drafted(subject, name="mazes/grid_small", file=None, num_trials=100, seed=0, **changes):
    suite: Any = make_suite(name, num_tasks=num_trials)
    if changes:
        suite = replace(suite, tasks=replace(suite.tasks, **changes))
    return draft(subject, suite, num_trials, seed, engine="twin", file=file)


def test_a_card_determines_track_and_facts(subject):
    found = drafted(subject)
    assert found.name == "demo_seed_0_grid_small_twin"
    assert (found.submission.track, found.submission.agent) == ("small", "demo")
    training = found.submission.training
    assert (training.seed, training.steps, training.rooms) == (0, 1_753_600, [3])
    assert (training.labels, training.hours, training.splits) == (False, 0.12, ["train"])
    assert drafted(subject, "mazes/grid_large").submission.track == "large_from_small"
    labelled = load_subject("pretrained/grid_small/seed_0")
    assert drafted(labelled).submission.track == "small_with_labels"


def test_a_map_of_the_agents_own_is_a_track_of_its_own(facts):
    mapped = load_subject("pretrained/walk_large_map/seed_0")
    assert drafted(mapped, "mazes/walk_large").submission.track == "large_with_map"
    with pytest.raises(UserError, match=r"training.map is true; in the track large it must be"):
        drafted(mapped, "mazes/walk_large", file=facts("track: large"))
    stated = "agent: Mine\ntraining: {splits: [train], map: true, labels: false, critic: false"
    for reward, track in (("false", "small_with_map"), ("true", "small_with_labels")):
        file = facts(f"{stated}, reward: {reward}}}")
        assert drafted(OUTSIDER, file=file).submission.track == track


def test_two_cores_and_minutes_are_a_track_of_their_own(subject, facts):
    found = drafted(subject, file=facts("track: minutes"))
    assert found.name == "demo_seed_0_grid_small_minutes_twin"
    with pytest.raises(UserError, match=r"training.hardware is AMD EPYC, 1 cores; .* of 2 cores"):
        drafted(load_subject("pretrained/grid_small/seed_0"), file=facts("track: minutes"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("track: large", "suite.tasks.rooms is 3; in the track large it must be 5"),
        ("track: tiny", "track 'tiny' does not exist"),
        ("training: {steps: 5}", "training.steps is 5; the agent's card says 1753600"),
        ("training: {labels: true}", "training.labels is True; the agent's card says False"),
        ("training: {labels: maybe}", "training: labels is 'maybe'; it must be true or false"),
        ("name: ../demo", "name is '../demo'; it must be of letters"),
        ("colour: red", "has an unknown key colour"),
    ],
)
def test_contradictions_are_one_line(subject, facts, text, line):
    with pytest.raises(UserError) as error:
        drafted(subject, file=facts(text))
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_labels_contradict_a_track_without_them(facts):
    labelled = load_subject("pretrained/grid_small/seed_0")
    with pytest.raises(UserError, match=r"training.labels is true; in the track small it must be"):
        drafted(labelled, file=facts("track: small"))


def test_an_outsider_states_what_its_track_asks_for(facts):
    with pytest.raises(UserError, match="the agent has no name; give submission=FILE"):
        drafted(OUTSIDER)
    with pytest.raises(UserError, match=r"no track takes this .*training.splits is not stated"):
        drafted(OUTSIDER, file=facts("agent: Mine"))
    found = drafted(OUTSIDER, file=facts("agent: Mine\ntraining: {splits: [train]}"))
    assert found.submission.track == "small_with_labels"


def test_evaluations_are_on_the_first_seed_and_enough_trials(subject):
    with pytest.raises(UserError, match=r"evaluation.seed is 1; in the track small it must be 0"):
        drafted(subject, seed=1)
    with pytest.raises(UserError, match=r"evaluation.trials is 20; .* it must be from 100 to"):
        drafted(subject, num_trials=20)


def test_new_layouts_are_for_agents_that_were_trained_by_layout(subject, facts):
    with pytest.raises(UserError, match=r"training.splits is \['train'\]; .* by layout alone"):
        drafted(subject, file=facts("track: layout"), split_by="layout")
    file = facts("agent: Mine\ntraining: {splits: [train by layout]}")
    assert drafted(OUTSIDER, file=file, split_by="layout").submission.track == "layout"


def test_new_targets_are_a_track_of_their_own(subject):
    found = drafted(subject, "mazes/grid_small_new_target")
    assert found.submission.track == "new_target"
    assert found.name == "demo_seed_0_grid_small_new_target_twin"


@pytest.mark.parametrize(
    ("suite", "line"),
    [
        (BanditSuite(5, 10, low=0.9), "suite.low is 0.9"),
        (MDPSuite(reward_mean=5.0), "suite.reward_mean is 5.0"),
    ],
)
def test_easier_bandits_and_mdps_than_the_papers_are_in_no_track(suite, line, facts):
    stated = facts("agent: Mine\ntraining: {seed: 0, steps: 5}")
    with pytest.raises(UserError, match=f"no track takes this evaluation: {line}"):
        draft(OUTSIDER, suite, 1000, 0, file=stated)


def test_an_evaluation_writes_a_submission(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "FOLDER", tmp_path / "board")
    name = "rl2_mazes.eval.evaluate"
    arguments = ("agent=pretrained/bandit_k5_n10", "num_trials=100", "output_dir=out")
    done = run(tmp_path, name, *arguments, "submit=true")
    file = tmp_path / "board" / "bandit_k5_n10_seed_0_k5_n10.json"
    assert str(file) in done.stdout
    assert json.loads(file.read_text())["figures"]["mean"] == pytest.approx(
        json.loads(done.stdout.splitlines()[-1])["mean"]
    )
    done = run(tmp_path, name, *arguments, "submit=true", "seed=1", expect=2)
    assert done.stderr.count("\n") == 1
    assert "evaluation.seed is 1" in done.stderr
