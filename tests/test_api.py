"""The public Python API: names, lazy import, and each function."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError

HEAVY = "torch numpy gymnasium hydra omegaconf matplotlib vizdoom numba"


def in_a_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_import_loads_nothing_heavy_and_changes_no_environment_variable():
    code = (
        "import os, sys; before = dict(os.environ); import rl2_mazes;"
        f"print(*(m for m in {HEAVY.split()} if m in sys.modules), *(before != dict(os.environ),))"
    )
    assert in_a_process(code) == ["False"]


@pytest.mark.parametrize("order", ["gymnasium, rl2_mazes", "rl2_mazes, gymnasium"])
def test_gymnasium_finds_the_mazes_in_either_order_of_imports(order):
    ids = "(i for i in gymnasium.registry if i.startswith(('rl2/Walk', 'rl2/Grid')))"
    code = f"import {order}; print(*{ids})"
    assert len(in_a_process(code)) == 4


def test_every_public_name_is_there_and_documented():
    for name in rl2.__all__:
        assert getattr(rl2, name).__doc__
        assert name in dir(rl2)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        rl2.nothing_like_it  # noqa: B018


def test_every_suite_of_the_list_is_made():
    suites = rl2.list_suites()
    assert {"mazes/walk_small", "bandits/k5_n10", "mdps/n10"} <= set(suites)
    for name in suites:
        suite = rl2.make_suite(name)
        assert suite.kind == name.partition("/")[0]
        assert suite.name == name.partition("/")[2]


def test_settings_of_a_suite():
    suite = rl2.make_suite("mazes/grid_small", split="train", num_tasks=7, episodes_per_trial=3)
    assert (suite.tasks.split, suite.tasks.num_mazes, suite.episodes_per_trial) == ("train", 7, 3)
    assert rl2.make_suite("bandits/k5_n10", episodes_per_trial=20).num_pulls == 20
    with pytest.raises(UserError, match=r"mazes/walk_smal' does not exist.*mazes/walk_small"):
        rl2.make_suite("mazes/walk_smal")


@pytest.mark.parametrize("name", ["mazes/grid_small", "bandits/k5_n10", "mdps/n10"])
def test_a_trial_is_reset_and_stepped(name):
    suite = rl2.make_suite(name, num_tasks=5)
    trial = rl2.make_trial(suite, num_envs=3)
    timestep = trial.reset(seed=0)
    assert timestep.is_first.all()
    timestep, outcome = trial.step(torch.zeros(3, dtype=torch.int64))
    assert outcome.reward.shape == (3,)
    trial.env.close()


def test_agents_are_loaded_by_name():
    assert "pretrained/demo/seed_0" in rl2.list_agents()
    agent = rl2.load_agent("pretrained/demo", greedy=True)
    assert agent.greedy
    with pytest.raises(ValueError, match="did you mean pretrained/demo"):
        rl2.load_agent("pretrained/dem")


def test_trials_metrics_and_film_of_mazes(tmp_path):
    agent = rl2.load_agent("pretrained/demo")
    trials = rl2.run_trials(agent, "mazes/grid_small", num_trials=6, num_envs=4, seed=1)
    assert trials.length.shape == trials.success.shape == trials.shortest.shape == (6, 2)
    assert (trials.length >= trials.shortest).all()
    metrics = rl2.compute_metrics(trials)
    assert metrics["trials"] == 6
    assert metrics["success"] == trials.success.mean(axis=0).tolist()
    assert metrics["length_ratio"] > 0
    film = rl2.film_trial(trials, 0, tmp_path / "trial.webp")
    assert film.stat().st_size > 1000
    with pytest.raises(UserError, match="index is 6"):
        rl2.film_trial(trials, 6, tmp_path / "trial.webp")


def test_the_same_seed_gives_the_same_trials():
    agent = rl2.load_agent("pretrained/bandit_k5_n10")
    one, same, other = (
        rl2.run_trials(agent, "bandits/k5_n10", num_trials=40, seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(one.log.actions, same.log.actions)
    assert not np.array_equal(one.log.actions, other.log.actions)


def test_trials_of_a_tabular_suite(tmp_path):
    agent = rl2.load_agent("pretrained/bandit_k5_n10")
    trials = rl2.run_trials(agent, "bandits/k5_n10", num_trials=300)
    metrics = rl2.compute_metrics(trials)
    low, high = metrics["mean_ci"]
    assert 6 < low < metrics["mean"] < high < 7.5
    with pytest.raises(UserError, match="only mazes"):
        rl2.film_trial(trials, 0, tmp_path / "trial.mp4")


def test_an_agent_for_other_observations_is_refused():
    agent = rl2.load_agent("pretrained/bandit_k5_n10")
    with pytest.raises(UserError, match="the agent is for"):
        rl2.run_trials(agent, "mazes/grid_small", num_trials=2)


def test_each_trial_needs_its_own_maze():
    agent = rl2.load_agent("pretrained/demo")
    suite = rl2.make_suite("mazes/grid_small", num_tasks=2)
    with pytest.raises(UserError, match="num_trials is 3, but the suite has 2 mazes"):
        rl2.run_trials(agent, suite, num_trials=3)
