"""Rollouts on the levers: one pays, two pulls per trial."""

import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.trial import Trial


def start(num_envs=64, seed=0):
    torch.manual_seed(seed)
    trial = Trial(LeverEnv(num_envs), LeverSampler(), episodes_per_trial=2)
    agent = RL2Agent(
        trial.env.spaces, RL2Settings(dense_size=16, memory=GRUSettings(hidden_size=16))
    )
    rng = torch.Generator().manual_seed(seed)
    return trial, agent, rng, trial.reset(seed), agent.initial_carry(num_envs)


def test_a_rollout_stores_the_agents_outputs():
    trial, agent, rng, timestep, carry = start()
    rollout, carry, timestep = collect(agent, trial, carry, timestep, 5, rng)
    rollout, *_ = collect(agent, trial, carry, timestep, 7, rng)  # starts inside a trial
    assert not rollout.timesteps.is_first[0].any()
    out = agent(rollout.timesteps, rollout.carry)
    log_prob = out.log_probs.gather(-1, rollout.action[..., None]).squeeze(-1)
    torch.testing.assert_close(log_prob, rollout.log_prob)
    torch.testing.assert_close(out.value, rollout.value)


def test_feedback_follows_its_action():
    trial, agent, rng, timestep, carry = start()
    rollout, *_ = collect(agent, trial, carry, timestep, 6, rng)
    steps = rollout.timesteps
    assert steps.is_first[::2].all()
    assert not steps.is_first[1::2].any()
    assert (steps.prev_reward[::2] == 0).all()  # nothing reaches the next trial
    assert (steps.prev_reward[1::2] == rollout.reward[::2]).all()
    assert (steps.prev_action[1::2] == rollout.action[::2]).all()
    assert steps.prev_done[1::2].all()
    assert rollout.trial_done[1::2].all()
    assert not rollout.trial_done[::2].any()
