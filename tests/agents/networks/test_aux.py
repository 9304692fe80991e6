"""The auxiliary loss: in training alone, and it trains the memory."""

import copy
from dataclasses import replace

import pytest
import torch
from support.steps import some_steps

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.reckoning.visits import NUM_VISITS
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

SMALL = {
    "conv": [[8, 8, 4]], "dense_size": 16, "feedback_size": 8,
    "memory": GRUSettings(hidden_size=16), "privileged_critic": True,
}  # fmt: skip
SUITE = MazeSuite(tasks=MazeTasks(num_mazes=4), rules=MazeRules(movement="grid", horizon=20))


def build(spaces, aux="privileged"):
    torch.manual_seed(0)
    return RL2Agent(spaces, RL2Settings(**SMALL, aux=aux))


@pytest.fixture(scope="module")
def rolled():
    """An agent and a rollout of it, to be left unchanged."""
    env, sampler = SUITE.build(8, torch.device("cpu"), TwinSettings())
    trial = Trial(env, sampler, 2)
    agent = build(env.spaces)
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(8), trial.reset(0), 60, rng)
    return agent, rollout


@pytest.fixture
def collected(rolled):
    """An agent of the test's own, and a rollout of it."""
    agent, rollout = rolled
    return copy.deepcopy(agent), rollout


def test_it_predicts_every_privileged_feature_and_sees_none(collected):
    agent, rollout = collected
    out = agent(rollout.timesteps, rollout.carry, rollout.privileged)
    assert out.prediction.shape == rollout.privileged.shape
    other = agent(rollout.timesteps, rollout.carry, rollout.privileged + 1)
    assert torch.equal(out.prediction, other.prediction)
    assert torch.equal(out.log_probs, other.log_probs)


def test_without_it_there_is_no_head_no_prediction_and_no_loss(collected):
    rollout = collected[1]
    agent = build(collected[0].spaces, aux="none")
    assert not [name for name, _ in agent.named_parameters() if "aux_head" in name]
    privileged = torch.zeros(3, 2, agent.spaces.num_critic_features)
    out = agent(some_steps(agent.spaces, 3, 2), agent.initial_carry(2), privileged)
    assert out.prediction.shape == (3, 2, 0)
    assert "aux_loss" not in PPO(agent, PPOSettings(num_minibatches=2), seed=0).update(rollout)


def test_its_gradient_reaches_memory_and_encoders_but_neither_policy_nor_value(collected):
    agent, rollout = collected
    prediction = agent(rollout.timesteps, rollout.carry, rollout.privileged).prediction
    (prediction - rollout.privileged).square().mean().backward()
    trained = {name.split(".")[0] for name, x in agent.named_parameters() if x.grad is not None}
    assert trained == {"encoder", "dense", "feedback", "memory", "aux_head"}
    assert (agent.memory.cell.weight_hh.grad != 0).any()


def test_ppo_improves_predictions(collected):
    agent, rollout = collected
    settings = PPOSettings(lr=3e-3, num_minibatches=2, ent_coef=0.0, vf_coef=0.0)
    learner = PPO(agent, settings, seed=0)
    flat = rollout._replace(training_reward=torch.zeros_like(rollout.training_reward))
    losses = [learner.update(flat)["aux_loss"] for _ in range(15)]
    uninformed = rollout.privileged.flatten(0, 1).var(0, correction=0).mean()
    assert losses[0] > uninformed
    assert losses[-1] < 0.8 * uninformed


def test_aux_coef_weighs_its_loss(collected):
    for coef in (0.0, 1.0):
        agent, rollout = copy.deepcopy(collected[0]), collected[1]
        before = agent.aux_head.weight.clone()
        PPO(agent, PPOSettings(num_minibatches=2, aux_coef=coef), seed=0).update(rollout)
        assert torch.equal(agent.aux_head.weight, before) == (coef == 0.0)


def test_labels_by_dead_reckoning_are_masked_and_never_privileged(reckoned):
    agent, rollout = reckoned
    label = rollout.label
    assert label.isnan().any()
    assert not rollout.privileged.numel()
    prediction = agent(rollout.timesteps, rollout.carry).prediction.detach()
    known = ~label.isnan()
    expected = (prediction - label)[known].square().sum() / label.numel()
    settings = PPOSettings(num_minibatches=1, epochs=1)
    learner = PPO(copy.deepcopy(agent), settings, seed=0)
    assert learner.update(rollout)["aux_loss"] == pytest.approx(float(expected), rel=1e-4)
    assert all(x.isfinite().all() for x in learner.agent.parameters())
    unknown = rollout._replace(label=torch.full_like(label, torch.nan))
    assert PPO(copy.deepcopy(agent), settings, seed=0).update(unknown)["aux_loss"] == 0


def test_shuffled_privileged_features_change_nothing_without_labels(reckoned):
    agent = reckoned[0]
    weights = []
    for shuffle in (False, True):
        trainer, env = train_without_labels(agent)
        if shuffle:
            env.privileged = lambda: torch.randn(8, SUITE.spaces.num_privileged)
        trainer.iterate()
        weights.append(torch.cat([x.flatten() for x in trainer.agent.parameters()]))
    assert torch.equal(*weights)


def train_without_labels(agent, visits=False):
    env, sampler = SUITE.build(8, torch.device("cpu"), TwinSettings())
    agent = copy.deepcopy(agent)
    learner = PPO(agent, PPOSettings(num_minibatches=2), seed=0)
    labels = SUITE.label_maker(8, "visits" if visits else "dead_reckoning")
    return Trainer(agent, learner, Trial(env, sampler, 2), 40, seed=0, labels=labels), env


@pytest.fixture(scope="module")
def reckoned():
    """An agent that predicts labels by dead reckoning, and a rollout of it."""
    torch.manual_seed(0)
    settings = replace(RL2Settings(**SMALL), privileged_critic=False, aux="dead_reckoning")
    agent = RL2Agent(SUITE.spaces, settings)
    return agent, train_without_labels(agent)[0].collect()


def test_labels_of_visits_have_a_weight_of_their_own():
    torch.manual_seed(0)
    kind = {"privileged_critic": False, "aux": "visits"}
    agent = RL2Agent(SUITE.spaces, replace(RL2Settings(**SMALL), **kind))
    assert agent.num_visits == NUM_VISITS
    rollout = train_without_labels(agent, visits=True)[0].collect()
    prediction = agent(rollout.timesteps, rollout.carry).prediction.detach()
    error = (prediction - rollout.label).nan_to_num(0).square()
    expected = error[..., :-NUM_VISITS].mean(), error[..., -NUM_VISITS:].mean()
    for coef in (0.0, 1.0):
        settings = PPOSettings(num_minibatches=1, epochs=1, aux_coef=0.0, visits_coef=coef)
        learner = PPO(copy.deepcopy(agent), settings, seed=0)
        metrics = learner.update(rollout)
        assert metrics["aux_loss"] == pytest.approx(float(expected[0]), rel=1e-4)
        assert metrics["visits_loss"] == pytest.approx(float(expected[1]), rel=1e-4)
        unchanged = torch.equal(learner.agent.aux_head.weight, agent.aux_head.weight)
        assert unchanged == (coef == 0.0)


def test_an_unknown_kind_is_refused():
    with pytest.raises(UserError, match=r"agent\.aux is map; it must be one of none, privileged, "):
        RL2Settings(aux="map")


def test_without_labels_the_critic_is_given_nothing():
    with pytest.raises(UserError, match=r"aux=hindsight is for training without privileged"):
        RL2Settings(aux="hindsight", privileged_critic=True)


def test_it_needs_a_privileged_critic():
    with pytest.raises(
        UserError, match=r"agent\.aux=privileged needs agent\.privileged_critic=true"
    ):
        RL2Settings(aux="privileged")
