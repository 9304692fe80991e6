"""Signals that ask a training to stop: the loop ends with a checkpoint, whichever it was."""

import signal
from types import SimpleNamespace

import pytest
import torch

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.runtime.stop_signal import StopSignal
from rl2_mazes.agents.training.checkpoint import load_agent
from rl2_mazes.agents.training.loop import train
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.bandits.env import BanditEnv
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.storage.run_folder import RunFolder
from rl2_mazes.core.trial import Trial

ASKING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]


@pytest.mark.parametrize("name", ASKING)
def test_the_first_is_a_request_and_the_second_interrupts(name, capsys):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with StopSignal() as stop:
        assert not stop.requested
        signal.raise_signal(number)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
    assert capsys.readouterr().err.count("with a checkpoint") == 1


@pytest.mark.parametrize("name", ASKING)
def test_the_iteration_is_finished_and_saved(name, tmp_path):
    suite = BanditSuite(num_pulls=5)
    trial = Trial(BanditEnv(suite, 4, seed=0), suite, suite.episodes_per_trial)
    settings = RL2Settings(dense_size=0, feedback_size=0, memory=GRUSettings(hidden_size=4))
    agent = RL2Agent(trial.env.spaces, settings)
    learner = PPO(agent, PPOSettings(num_minibatches=2), seed=0)
    trainer = Trainer(agent, learner, trial, 5, seed=0)
    iterate = trainer.iterate

    def interrupted():
        signal.raise_signal(getattr(signal, name))
        return iterate()

    trainer.iterate = interrupted
    asked = SimpleNamespace(
        suite=suite,
        total_steps=10_000,
        init_from=None,
        checkpoint_seconds=1e6,
        keep_every=None,
        tensorboard=False,
        wandb=False,
        objective=None,
    )
    with StopSignal() as stop, RunFolder(tmp_path / "run", {}) as folder:
        train(asked, folder, trainer, torch.device("cpu"), stop)
    assert load_agent(tmp_path / "run")[1].steps == trainer.steps == 20
