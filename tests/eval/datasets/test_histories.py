"""Learning histories: weights that a training keeps, recorded on the same tasks in their order."""

import json
import shutil

import numpy as np
import pytest
import torch
from support.programs import run

import rl2_mazes as rl2
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.training.checkpoint import AgentCard, load_agent
from rl2_mazes.agents.training.history import keep, kept
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.datasets.minari import record_minari
from rl2_mazes.eval.datasets.players import load_player

from .conftest import SUITE, record_small

TRAINING = (
    *("suite=bandits/k5_n10", "agent=rl2", "agent.dense_size=8", "agent.feedback_size=0"),
    *("agent.memory.hidden_size=8", "num_envs=4", "num_steps=20", "tensorboard=false"),
    *("keep_every=100", "run_dir=run"),  # an iteration has 80 steps
)
KEPT = [0, 160, 240, 320]


def steps_of(folder):
    return [int(path.name[5:]) for path in kept(folder / "run" / "history")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    run(folder, "rl2_mazes.agents.train", *TRAINING, "total_steps=320")
    return folder


def weights(path):
    return load_agent(path)[0].state_dict()


def test_weights_stay_from_the_untrained_network_to_the_last(trained):
    assert steps_of(trained) == KEPT
    first, *_, last = kept(trained / "run" / "history")
    assert load_agent(first)[1].steps == 0
    assert load_agent(first)[1].suite == load_agent(trained / "run")[1].suite
    for name, weight in weights(trained / "run").items():
        assert torch.equal(weight, weights(last)[name])
    assert not torch.equal(weights(first)["policy.weight"], weights(last)["policy.weight"])


def test_a_resumed_training_replaces_what_runs_again(trained, tmp_path):
    run(tmp_path, "rl2_mazes.agents.train", *TRAINING, "total_steps=160")
    history = tmp_path / "run" / "history"
    for steps in (240, 400):  # of a training that was killed before it saved a checkpoint
        shutil.copytree(kept(history)[0], history / f"step_{steps:012d}")
    run(tmp_path, "rl2_mazes.agents.train", *TRAINING, "total_steps=320")
    assert steps_of(tmp_path) == KEPT
    for again, before in zip(kept(history), kept(trained / "run" / "history"), strict=True):
        assert torch.equal(weights(again)["policy.weight"], weights(before)["policy.weight"])


def test_each_network_acts_on_the_same_tasks_in_the_order_of_learning(trained):
    arguments = ("agent=run/history", "num_trials=5", "shard_trials=2")
    done = run(trained, "rl2_mazes.eval.record", *arguments)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["trials"] == 20
    data = rl2.load_dataset(trained / result["folder"])
    assert data.card.agent["history"] == KEPT
    assert [int(trial.task["train_steps"]) for trial in data[2::5]] == KEPT
    arms = np.array([trial.task["task_parameters"] for trial in data]).reshape(4, 5, 5)
    assert (arms == arms[0]).all()
    assert len(np.unique(arms[0])) > 5
    alone = rl2.record_trials(
        str(kept(trained / "run/history")[0]), "bandits/k5_n10", trained / "alone", num_trials=2
    )
    assert (alone[1].action == data[1].action).all()


def test_a_run_without_a_history_names_the_key_that_keeps_one(trained, tmp_path):
    shutil.copytree(trained / "run" / "checkpoints", tmp_path / "run" / "checkpoints")
    done = run(tmp_path, "rl2_mazes.eval.record", "agent=run/history", expect=2)
    assert done.stderr == (
        "error: run/history does not exist; rl2-train keep_every=STEPS keeps the weights of a "
        "whole training there\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    with pytest.raises(UserError, match="checkpoint nowhere/history does not exist"):
        load_player("nowhere/history")
    shutil.move(tmp_path / "run", tmp_path / "history")  # a run of that name
    assert load_player(str(tmp_path / "history")).subject is not None


def test_a_history_in_mazes_and_its_minari(tmp_path):
    torch.manual_seed(0)
    small = RL2Settings(conv=[[4, 3, 2]], dense_size=8, memory=GRUSettings(hidden_size=8))
    folder = tmp_path / "history"
    for steps, before in ((0, -1), (10, 0), (90, 10)):
        agent = RL2Agent(SUITE.spaces, small)
        card = AgentCard.of(agent, {"kind": "mazes"})._replace(steps=steps)
        keep(folder, agent, card, before, every=50)
    assert len(kept(folder)) == 2  # 10 passes no multiple
    record_small(tmp_path / "data", str(folder))
    data = rl2.load_dataset(tmp_path / "data")
    assert [int(trial.task["train_steps"]) for trial in data] == [0] * 5 + [90] * 5
    for first, last in zip(data[:5], data[5:], strict=True):
        assert (first.task["walls"] == last.task["walls"]).all()
        assert first.task["task"] == last.task["task"]
    with pytest.raises(UserError, match="format=minari has no place for the steps"):
        record_minari(load_player(str(folder)), SUITE, tmp_path / "minari", 5, None)
