"""What a critic is told, foretold from memory: in training alone, and it teaches the memory."""

import pytest
import torch
from support.steps import some_steps

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

SMALL = {"dense_size": 16, "feedback_size": 8, "hidden_size": 16, "privileged_critic": True}
SUITE = MazeSuite(tasks=MazeTasks(num_mazes=4), rules=MazeRules(movement="grid", horizon=20))


def build(spaces, aux_prediction=True):
    torch.manual_seed(0)
    return RL2Agent(spaces, RL2Settings(**SMALL, aux_prediction=aux_prediction))


def collected(aux_prediction=True):
    """An agent, and what it did."""
    env, sampler = SUITE.build(8, torch.device("cpu"), TwinSettings())
    trial = Trial(env, sampler, 2)
    agent = build(env.spaces, aux_prediction)
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(8), trial.reset(0), 60, rng)
    return agent, rollout


def test_it_guesses_every_number_that_the_critic_is_told():
    agent, rollout = collected()
    out = agent(rollout.timesteps, rollout.carry, rollout.privileged)
    assert out.guess.shape == rollout.privileged.shape
    other = agent(rollout.timesteps, rollout.carry, rollout.privileged + 1)
    assert torch.equal(out.guess, other.guess)  # a guess: it is not told
    assert torch.equal(out.log_probs, other.log_probs)


def test_without_the_task_there_is_nothing_to_guess():
    spaces = collected()[0].spaces
    agent = build(spaces, aux_prediction=False)
    assert not [name for name, _ in agent.named_parameters() if "aux_head" in name]
    out = agent(
        some_steps(spaces, 3, 2),
        agent.initial_carry(2),
        torch.zeros(3, 2, spaces.num_privileged + 1),
    )
    assert out.guess.shape == (3, 2, 0)


def test_without_the_task_no_loss_of_it_is_logged():
    agent, rollout = collected(aux_prediction=False)
    assert "aux_loss" not in PPO(agent, PPOSettings(num_minibatches=2), seed=0).update(rollout)


def test_guesses_teach_memory_and_eyes_and_neither_policy_nor_value():
    agent, rollout = collected()
    guess = agent(rollout.timesteps, rollout.carry, rollout.privileged).guess
    (guess - rollout.privileged).square().mean().backward()
    taught = {name.split(".")[0] for name, x in agent.named_parameters() if x.grad is not None}
    assert taught == {"encoder", "dense", "feedback", "memory", "aux_head"}
    assert (agent.memory.cell.weight_hh.grad != 0).any()


def test_ppo_makes_the_guesses_better():
    agent, rollout = collected()
    settings = PPOSettings(lr=3e-3, num_minibatches=2, ent_coef=0.0, vf_coef=0.0)
    learner = PPO(agent, settings, seed=0)
    flat = rollout._replace(training_reward=torch.zeros_like(rollout.training_reward))
    losses = [learner.update(flat)["aux_loss"] for _ in range(15)]
    knows_nothing = rollout.privileged.flatten(0, 1).var(0, correction=0).mean()
    assert losses[0] > knows_nothing
    assert losses[-1] < 0.8 * knows_nothing


def test_its_weight_is_the_learners():
    for coef in (0.0, 1.0):
        agent, rollout = collected()
        before = agent.aux_prediction.weight.clone()
        PPO(agent, PPOSettings(num_minibatches=2, aux_coef=coef), seed=0).update(rollout)
        assert torch.equal(agent.aux_prediction.weight, before) == (coef == 0.0)


def test_it_needs_a_critic_that_is_told():
    with pytest.raises(ValueError, match=r"agent\.auxiliary needs agent\.privileged_critic=true"):
        RL2Settings(aux_prediction=True)
