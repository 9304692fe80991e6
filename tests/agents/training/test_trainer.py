"""Resumed trainings continue exactly, or report that they do not."""

from dataclasses import replace

import pytest
import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.learners.base import NotFiniteError
from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.actor_critic import RECKONED
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.runtime.precision import FLOAT32, Precision
from rl2_mazes.agents.training.checkpoint import AgentCard, restore_newest, save
from rl2_mazes.agents.training.novelty import Novelty
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.bandits.env import BanditEnv
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import EnvStep
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings
from rl2_mazes.mdps.env import MDPEnv
from rl2_mazes.mdps.suite import MDPSuite

TABULAR = RL2Settings(
    dense_size=0, feedback_size=0, memory=GRUSettings(hidden_size=12), privileged_critic=True
)
SMALL = RL2Settings(
    conv=[[4, 8, 4]], dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=8)
)
NUM_ENVS = 4
MAZES = MazeSuite(tasks=MazeTasks(num_mazes=20), rules=MazeRules(movement="walk", horizon=7))


def bandits():
    suite = BanditSuite(num_pulls=7)
    return Trial(BanditEnv(suite, NUM_ENVS, seed=3), suite, suite.episodes_per_trial)


def mdps():
    suite = MDPSuite(num_states=3, num_actions=2, horizon=3, num_episodes=3)
    return Trial(MDPEnv(suite, NUM_ENVS, seed=3), suite, suite.episodes_per_trial)


def mazes():
    env, sampler = MAZES.build(NUM_ENVS, torch.device("cpu"), TwinSettings(kernel="numba"))
    return Trial(env, sampler, 2)


def levers():
    return Trial(LeverEnv(NUM_ENVS), LeverSampler(), 2)


def start(make_trial, num_minibatches=2, settings=SMALL, precision=FLOAT32):
    torch.manual_seed(0)
    trial = make_trial()
    agent = RL2Agent(trial.env.spaces, settings)
    agent.precision = precision
    learner = PPO(agent, PPOSettings(num_minibatches=num_minibatches), seed=0)
    labels = novelty = None
    if settings.aux in RECKONED:
        labels = MAZES.label_maker(NUM_ENVS, settings.aux)
        novelty = Novelty(MAZES.novelty_counter(NUM_ENVS), weight=0.1, gamma=0.9)
    return Trainer(agent, learner, trial, 10, 0, labels=labels, novelty=novelty)


def iterate(training, times):
    """Statistics of some iterations, without times."""
    logged = []
    for _ in range(times):
        metrics = training.iterate()
        logged.append({k: v for k, v in metrics.items() if "second" not in k and k[-2:] != "_s"})
    return logged


def resumed(training, folder, make_trial, settings=SMALL, precision=FLOAT32):
    card = AgentCard.of(training.agent, {})._replace(steps=training.steps)
    save(folder, training.agent, card, training.state_dict())
    again = start(make_trial, settings=settings, precision=precision)
    with torch.no_grad():
        again.agent.policy.weight.fill_(torch.nan)  # undone by restoring
    found = restore_newest(folder, again.agent)
    assert found is not None
    return again, again.load_state_dict(found[1], found[0].steps)


@pytest.mark.parametrize(
    ("make_trial", "settings", "precision"),
    [
        (bandits, SMALL, FLOAT32),
        (bandits, TABULAR, FLOAT32),
        (mdps, SMALL, FLOAT32),
        (mdps, TABULAR, FLOAT32),
        (mazes, SMALL, FLOAT32),
        (mazes, SMALL, Precision(learning=True)),
        (mazes, replace(SMALL, privileged_critic=True), FLOAT32),
        (mazes, replace(SMALL, aux="visits"), FLOAT32),
        (mazes, replace(SMALL, aux="paths"), FLOAT32),
    ],
)
def test_six_iterations_equal_three_and_three_more(make_trial, settings, precision, tmp_path):
    through = start(make_trial, settings=settings, precision=precision)
    logged = iterate(through, 6)
    first = start(make_trial, settings=settings, precision=precision)
    iterate(first, 3)
    second, exactly = resumed(first, tmp_path, make_trial, settings, precision)
    assert exactly
    assert second.steps == 3 * 10 * NUM_ENVS
    assert iterate(second, 3) == logged[3:]
    for name, weight in through.agent.state_dict().items():
        assert torch.equal(weight, second.agent.state_dict()[name]), name


def test_without_a_saved_environment_it_resumes_with_new_trials(tmp_path):
    training = start(levers)
    iterate(training, 3)
    again, exactly = resumed(training, tmp_path, levers)
    assert not exactly
    assert again.steps == training.steps
    before = {name: x.clone() for name, x in again.agent.state_dict().items()}
    assert torch.equal(before["policy.weight"], training.agent.policy.weight)
    iterate(again, 1)
    fresh = start(levers)
    fresh.iterate()
    assert not torch.equal(fresh.rng.get_state(), again.rng.get_state())


def test_another_number_of_environments_is_noticed(tmp_path):
    training = start(bandits)
    iterate(training, 1)
    state = training.state_dict()
    wider = Trial(BanditEnv(BanditSuite(), 2 * NUM_ENVS), BanditSuite(), 10)
    agent = RL2Agent(wider.env.spaces, SMALL)
    other = Trainer(agent, PPO(agent, PPOSettings(), 0), wider, 10, seed=0)
    other.learner.load_state_dict = lambda state: None
    assert not other.load_state_dict(state, 40)
    assert other.iterate()


@pytest.mark.parametrize("name", ["labels", "novelty"])
@pytest.mark.parametrize("older", [True, False], ids=["older", "without"])
def test_what_follows_episodes_can_be_added(name, older):
    training = start(mazes)
    iterate(training, 1)
    own = training.own_state()
    assert own is not None
    if older:  # saved before there was such a thing
        del own[name]
    added = start(mazes)
    if name == "labels":
        added.labels = MAZES.label_maker(NUM_ENVS, "dead_reckoning")
    else:
        added.novelty = Novelty(MAZES.novelty_counter(NUM_ENVS), weight=0.1, gamma=0.9)
    assert not added.restore(own, 40)
    assert added.steps == 40
    assert training.restore(own, 40)


def test_nan_stops_the_training_and_is_named(monkeypatch):
    training = start(bandits)
    no = torch.zeros(NUM_ENVS, dtype=torch.bool)
    broken = EnvStep(no.long(), torch.full((NUM_ENVS,), torch.nan), ~no, no, no)
    monkeypatch.setattr(training.trial.env, "step", lambda action: broken)
    with pytest.raises(NotFiniteError, match="the reward is NaN or infinite"):
        training.iterate()
