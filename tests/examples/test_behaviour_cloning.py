"""The example of behaviour cloning learns, and its agent is measured like any other."""

import pytest
import torch

import rl2_mazes as rl2
from examples.behaviour_cloning import IGNORED, batch_of, main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cloning") / "oracle"
    rl2.record_trials("oracle", "mazes/grid_small", folder, num_trials=4)
    return folder


def test_inputs_are_those_of_acting(folder):
    """The padded batch holds what an agent is shown when it acts; the padding has no label."""
    trials = list(rl2.load_dataset(folder))
    timesteps, actions = batch_of(trials)
    lengths = [len(trial.action) for trial in trials]
    assert actions.shape == (max(lengths), 4)
    assert (actions != IGNORED).sum(0).tolist() == lengths
    trial = rl2.make_trial(rl2.make_suite("mazes/grid_small", "train", 4), num_envs=4)
    trial.tasks = torch.arange(4)
    shown = trial.reset(seed=0)
    for step in range(min(lengths)):
        for ours, seen in zip(timesteps, shown, strict=True):
            assert torch.equal(ours[step], seen)
        shown, _ = trial.step(actions[step])
    trial.env.close()


def test_it_learns_and_is_measured(folder, tmp_path, capsys):
    run = main([str(folder), "--passes", "4", "--run-dir", str(tmp_path / "run")])
    losses = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()[:4]]
    assert losses[-1] < losses[0]
    trials = rl2.run_trials(rl2.load_agent(run), "mazes/grid_small", num_trials=2)
    assert trials.length.shape == (2, 2)
