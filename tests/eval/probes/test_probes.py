"""Probes: labels by hand, fits that must and must not succeed, features, figures and page."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.programs import run
from support.recorded import log_of

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.adapters.checked import CheckedAgent
from rl2_mazes.eval.metrics import intervals
from rl2_mazes.eval.probe import probe
from rl2_mazes.eval.probes import fitting
from rl2_mazes.eval.probes.features import FRAME, MEMORY, RESET, UNTRAINED, record_features
from rl2_mazes.eval.probes.fitting import fit_linear, fit_mlp
from rl2_mazes.eval.probes.labels import LABELS, labels_of, visited
from rl2_mazes.eval.probes.page import render
from rl2_mazes.eval.probes.scores import Spans, scores
from rl2_mazes.mazes.geometry import world_pose
from rl2_mazes.mazes.maze import EAST, NORTH, Pose
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT
from rl2_mazes.mazes.twin.twin import TwinSettings

# In the corner maze: to the corner and back to the start's neighbour; then as far as the corner.
OUT_AND_BACK = [Pose(3, 1), Pose(3, 2), Pose(3, 3), Pose(3, 3, NORTH), Pose(3, 2)]
AGAIN = [Pose(3, 1), Pose(3, 2), Pose(2, 3, NORTH)]


@pytest.fixture
def log():
    actions = [FORWARD] * len(OUT_AND_BACK), [TURN_LEFT] * len(AGAIN)
    poses = np.array([world_pose(pose) for pose in OUT_AND_BACK + AGAIN], np.float32)
    return replace(log_of(*actions, success=[False, True]), poses=poses)


def test_labels_by_hand(log, corner):
    labels = labels_of(log, [corner])
    values = {name: labels.values[:, span] for name, span in labels.columns.items()}
    assert list(values) == list(LABELS)
    assert values["position"][[0, 2, 7]].tolist() == [[0, 0], [2, 0], [2, 1]]  # east, north
    assert np.allclose(values["heading"][[0, 3]], [[1, 0], [0, 1]], atol=1e-6)
    assert values["place"][0].tolist() == [1.5, -3.5]
    assert (values["target"] == [2, 2]).all()
    assert values["distance"].squeeze(1).tolist() == [4, 3, 2, 2, 3, 4, 3, 1]
    assert values["visited"].squeeze(1).tolist() == [0, 0, 0, 0, 1, 1, 1, 0]


def test_walls_are_those_around_the_start(log, corner):
    labels = labels_of(log, [corner])
    walls = dict(
        zip(map(tuple, labels.window), labels.values[0, labels.columns["walls"]], strict=True)
    )
    assert walls[0, 1] == walls[0, 2] == walls[-1, 2] == walls[-2, 2] == 1  # open
    assert walls[-1, 0] == walls[0, -1] == walls[2, 0] == 0  # inner wall, border, beyond the maze
    assert (1, 1) not in walls  # a pillar
    assert walls[-2, 0] == 0  # a room that is closed


def test_a_stay_is_no_visit(log):
    """Standing still in a new cell, it has not been there before."""
    still = np.array([world_pose(Pose(3, 1, EAST))] * len(log.actions), np.float32)
    assert visited(replace(log, poses=still)).tolist() == [False] * 5 + [True] * 3


@pytest.fixture(scope="module")
def made():
    """Features, labels that are linear, a product, and noise; and which rows are for what."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 4)).astype(np.float32)
    weights = rng.normal(size=(4, 2)).astype(np.float32)
    product = 3 * x[:, :1] * x[:, 1:2] + 5
    y = np.concatenate((x @ weights + 2, product, rng.normal(size=(1500, 1))), 1)
    columns = {"linear": slice(0, 2), "product": slice(2, 3), "noise": slice(3, 4)}
    row = np.arange(1500)
    return x, y.astype(np.float32), row < 800, (row >= 800) & (row < 1000), row >= 1000, columns


def explained(y, found, rows):
    left = ((y - found)[rows] ** 2).sum(0)
    return 1 - left / ((y[rows] - y[rows].mean(0)) ** 2).sum(0)


def test_a_linear_probe_finds_what_is_linear_and_nothing_else(made):
    x, y, train, validation, held_out, columns = made
    of = explained(y, fit_linear(x, y, train, validation, columns), held_out)
    assert (of[:2] > 0.999).all()
    assert (np.abs(of[2:]) < 0.05).all()


def test_an_mlp_finds_a_product_too_and_no_noise(made):
    x, y, train, validation, held_out, columns = made
    of = explained(y, fit_mlp(x, y, train, validation, columns, seed=0), held_out)
    assert (of[:3] > 0.7).all()
    assert of[3] < 0.05


def test_scores_by_hand(log, corner):
    """The probe is trained on one trial and scored on another, whose first episode runs back."""
    poses = np.concatenate((log.poses, log.poses[4::-1], log.poses[5:]))
    two = replace(
        log,
        length=np.repeat(log.length, 2, 0),
        success=np.repeat(log.success, 2, 0),
        actions=np.tile(log.actions, 2),
        poses=poses,
        tasks=torch.tensor([0, 0]),
    )
    spans, labels = Spans(two), labels_of(two, [corner, corner])
    assert spans.titles == ["1", "2", "3-4", "5-8"]
    means = spans.means(labels.values, spans.trial == 0)
    assert means[8:13, labels.columns["distance"]].squeeze(1).tolist() == [4, 3, 2, 2, 3]
    found = labels.values.copy()
    found[:, labels.columns["target"]] += [3, 4]  # five cells off
    found[8, labels.columns["distance"]] += 1  # truly [3, 2, 2, 3, 4]
    rng = np.random.default_rng(0)
    rows = {
        (each["label"], each["episode"]): each
        for each in scores(spans, labels, found, means, np.array([False, True]), rng)
    }
    distance = rows["distance", 1]
    assert distance["explained"] == pytest.approx(1 - 1 / 4)
    assert distance["explained_by_step"] == [0, 1, 1, 1]
    assert distance["explained_at_first_step"] == 0
    assert distance["error"] == pytest.approx(1 / 5)
    assert distance["error_at_first_step"] == 1
    assert distance["error_of_mean"] == pytest.approx(4 / 5)
    assert rows["walls", 2]["error"] == 1  # the share that is right
    assert rows["target", 2]["error"] == 5
    assert rows["target", 2]["explained"] is None  # the same in every trial
    assert rows["position", 1]["explained_by_step"][0] is not None
    assert rows["position", 2]["explained_by_step"][0] is None  # always at the start


@pytest.fixture(scope="module")
def recorded():
    agent = rl2.load_agent("pretrained/grid_small")
    suite = rl2.make_suite("mazes/grid_small", num_tasks=20)
    return record_features(agent, suite, 20, seed=0, engine=TwinSettings())


def test_probing_changes_nothing_and_reset_memories_know_one_episode(recorded):
    log, features = recorded.log, recorded.features
    plain = rl2.run_trials(rl2.load_agent("pretrained/grid_small"), "mazes/grid_small", 20)
    assert (plain.log.actions == log.actions).all()
    assert list(features) == [MEMORY, RESET, UNTRAINED, FRAME]
    for trial in range(20):
        first, second = log.steps(trial, 0), log.steps(trial, 1)
        assert (features[MEMORY][first] == features[RESET][first]).all()
        assert (features[MEMORY][second] != features[RESET][second]).any(1).all()
    assert features[UNTRAINED].shape == features[MEMORY].shape
    assert np.isfinite(features[FRAME]).all()
    assert features[FRAME].shape == (len(log.actions), 15 * 20 * 3 + 128)


def test_figures_maps_and_page(recorded, monkeypatch):
    monkeypatch.setattr(intervals, "NUM_RESAMPLES", 30)
    monkeypatch.setattr(fitting, "PASSES", 2)
    figures, trials = probe(recorded, seed=0)
    assert figures["trials"] == {"train": 8, "validation": 2, "held_out": 10}
    assert len(figures["scores"]) == 4 * 2 * len(LABELS) * 2
    json.dumps(figures, allow_nan=False)
    described = {"agent": "pretrained/<b>", "suite_name": "grid_small", "split": "test"}
    page = render(figures | described | {"engine": "twin", "seed": 0}, trials, "rl2 probe")
    assert "pretrained/&lt;b&gt;" in page
    assert [trial.title.split(":")[0] for trial in trials] == ["best", "median", "worst"]
    assert [name for name, _ in trials[0].maps] == ["true map", MEMORY, RESET, UNTRAINED]
    for label in LABELS.values():
        assert (
            page.count(f'<th scope="row">{label.title}</th>') == 6
        )  # of two probes: two episodes, first step


class Forgetful:
    """Remembers nothing."""

    def initial_carry(self, batch_size):
        return None

    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, 2), carry, None


class Counting(Forgetful):
    """An agent of one's own whose memory is the number of steps."""

    def initial_carry(self, batch_size):
        return np.zeros((batch_size, 1))

    def act(self, carry, timestep, rng):
        before = np.where(timestep.is_first.numpy()[:, None], 0, carry)
        return torch.full(timestep.is_first.shape, 2), before + 1, None


def test_an_agent_from_outside_is_probed_without_an_untrained_twin():
    suite = rl2.make_suite("mazes/grid_small", num_tasks=2)
    suite = replace(suite, rules=replace(suite.rules, horizon=3))
    given = record_features(
        CheckedAgent(Counting(), suite.spaces), suite, 2, seed=0, engine=TwinSettings()
    )
    assert list(given.features) == [MEMORY, RESET, FRAME]
    assert given.features[MEMORY][:, 0].tolist() == [1, 2, 3, 4, 5, 6] * 2
    assert given.features[RESET][:, 0].tolist() == [1, 2, 3] * 4


def test_an_agent_without_a_memory_is_refused():
    suite = rl2.make_suite("mazes/grid_small", num_tasks=20)
    with pytest.raises(UserError, match="the carry of agent Forgetful is nothing; probes read"):
        record_features(Forgetful(), suite, 20, seed=0, engine=TwinSettings())


def test_suites_without_mazes_are_refused_in_one_line(tmp_path):
    done = run(tmp_path, "rl2_mazes.eval.probe", "agent=pretrained/bandit_k5_n10", expect=2)
    assert done.stderr == "error: probes read mazes from a memory; the suite is bandits\n"
