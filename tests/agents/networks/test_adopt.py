"""Agents that begin with the weights of one of other labels, or of one without a map."""

import pytest
import torch
from torch.testing import assert_close

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.training.checkpoint import AgentCard, CheckpointError, save, warm_start
from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

SMALL = {"conv": [[8, 8, 4]], "dense_size": 16, "feedback_size": 16}
SUITE = MazeSuite(tasks=MazeTasks(num_mazes=4), rules=MazeRules(movement="grid", horizon=20))
LABELS = SUITE.spaces.num_reckoned
PATHS = SUITE.spaces.num_paths


def build(seed=0, **changes):
    torch.manual_seed(seed)
    memory = GRUSettings(hidden_size=16)
    return RL2Agent(SUITE.spaces, RL2Settings(**SMALL | {"memory": memory} | changes))


def warm_started(agent, trained, folder):
    path = save(folder, trained, AgentCard.of(trained, {"kind": "mazes"}), {})
    warm_start(agent, path)
    return agent


def roll(agent):
    """A rollout of three episodes and more."""
    env, sampler = SUITE.build(8, torch.device("cpu"), TwinSettings())
    trial = Trial(env, sampler, 3)
    rng = torch.Generator().manual_seed(0)
    return collect(agent, trial, agent.initial_carry(8), trial.reset(0), 70, rng)[0]


@pytest.mark.parametrize("weight_norm", [False, True])
def test_with_a_map_that_the_other_lacks_it_first_acts_as_the_other(tmp_path, weight_norm):
    trained = build(weight_norm=weight_norm)
    grown = warm_started(build(1, weight_norm=weight_norm, map_radius=2), trained, tmp_path)
    expected, rollout = roll(trained), roll(grown)
    assert torch.equal(rollout.action, expected.action)
    assert_close(rollout.log_prob, expected.log_prob)
    assert_close(rollout.value, expected.value)
    assert rollout.view.float().std() > 0  # the map is there
    log_probs, *_ = grown(*rollout.take_envs(torch.arange(8)))
    log_probs.square().sum().backward()
    *_, layer = (each for each in grown.feedback.parameters() if each.dim() == 2)
    assert layer.grad is not None
    assert layer.grad[:, -grown.map.num_features :].abs().max() > 0  # and learnt from


@pytest.mark.parametrize(
    ("theirs", "ours", "kept"),
    [
        ("paths", "dead_reckoning", LABELS),
        ("dead_reckoning", "paths", LABELS),
        ("visits", "paths", LABELS),
        ("paths", "paths", LABELS + PATHS),
        ("none", "paths", 0),
        ("paths", "none", 0),
    ],
)
def test_predictions_of_the_same_labels_are_kept(tmp_path, theirs, ours, kept):
    trained, own = build(aux=theirs), build(1, aux=ours)
    begun = warm_started(build(1, aux=ours), trained, tmp_path)
    for part in ("weight", "bias"):
        if ours == "none":
            assert not hasattr(begun.aux_head, part)
            continue
        rows = getattr(begun.aux_head, part)
        assert torch.equal(rows[kept:], getattr(own.aux_head, part)[kept:])
        if kept:
            assert torch.equal(rows[:kept], getattr(trained.aux_head, part)[:kept])
    assert torch.equal(begun.memory.cell.weight_hh, trained.memory.cell.weight_hh)


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        ({"map_radius": 2}, {}, r"has agent\.map_radius=2, this run has 0"),
        ({"map_radius": 2}, {"map_radius": 3}, r"has agent\.map_radius=2, this run has 3"),
        (
            {"feedback_size": 0},
            {"feedback_size": 0, "map_radius": 2},
            r"has agent\.map_radius=0, this run has 2",
        ),
    ],
)
def test_other_maps_are_refused(tmp_path, theirs, ours, message):
    with pytest.raises(CheckpointError, match=message):
        warm_started(build(**ours), build(**theirs), tmp_path)
