"""The learner on an environment that needs memory: a lever that pays, two pulls a trial."""

import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.training.episode_statistics import EpisodeStatistics, running_sum
from rl2_mazes.core.trial import Trial

SMALL = RL2Settings(dense_size=16, hidden_size=16)


def start(num_envs=64, seed=0):
    torch.manual_seed(seed)
    trial = Trial(LeverEnv(num_envs), LeverSampler(), episodes_per_trial=2)
    agent = RL2Agent(trial.env.spaces, SMALL)
    rng = torch.Generator().manual_seed(seed)
    return trial, agent, rng, trial.reset(seed), agent.initial_carry(num_envs)


def test_rollout_records_what_the_agent_did():
    trial, agent, rng, timestep, carry = start()
    rollout, carry, timestep = collect(agent, trial, carry, timestep, 5, rng)
    rollout, *_ = collect(agent, trial, carry, timestep, 7, rng)  # begins inside a trial
    assert not rollout.timesteps.is_first[0].any()
    log_probs, value, _ = agent(rollout.timesteps, rollout.carry)
    log_prob = log_probs.gather(-1, rollout.action[..., None]).squeeze(-1)
    torch.testing.assert_close(log_prob, rollout.log_prob)
    torch.testing.assert_close(value, rollout.value)


def test_feedback_is_aligned_with_what_it_answers():
    trial, agent, rng, timestep, carry = start()
    rollout, *_ = collect(agent, trial, carry, timestep, 6, rng)
    seen = rollout.timesteps
    assert seen.is_first[::2].all()
    assert not seen.is_first[1::2].any()
    assert (seen.prev_reward[::2] == 0).all()  # nothing crosses into the next trial
    assert (seen.prev_reward[1::2] == rollout.reward[::2]).all()
    assert (seen.prev_action[1::2] == rollout.action[::2]).all()
    assert seen.prev_done[1::2].all()
    assert rollout.trial_done[1::2].all()
    assert not rollout.trial_done[::2].any()


def test_ppo_learns_to_remember_which_lever_paid():
    trial, agent, rng, timestep, carry = start()
    learner = PPO(agent, PPOSettings(lr=3e-3, ent_coef=0.0), seed=0)
    for _ in range(40):
        rollout, carry, timestep = collect(agent, trial, carry, timestep, 16, rng)
        metrics = learner.update(rollout)
    second = rollout.episode == 1
    assert rollout.reward[second].mean() > 0.95  # without memory: 0.5
    assert 0.3 < rollout.reward[~second].mean() < 0.7
    assert all(torch.isfinite(torch.tensor(value)) for value in metrics.values())


def test_change_of_value_units_changes_no_prediction():
    trial, agent, rng, timestep, carry = start()
    learner = PPO(agent, PPOSettings(lr=1e-9), seed=0)
    rollout, *_ = collect(agent, trial, carry, timestep, 8, rng)
    before = agent.predict_value(rollout.carry, timestep)
    learner.update(rollout._replace(training_reward=rollout.training_reward * 100 + 7))
    assert agent.value_std > 10
    torch.testing.assert_close(
        agent.predict_value(rollout.carry, timestep), before, atol=1e-3, rtol=1e-3
    )


def test_running_sum_carries_across_rollouts():
    x = torch.tensor([[1.0], [2.0], [4.0], [8.0]])
    ends = torch.tensor([[False], [True], [False], [False]])
    total, carried = running_sum(x, ends, torch.tensor([10.0]))
    assert total.flatten().tolist() == [11, 13, 4, 12]
    assert carried.tolist() == [12]


def test_statistics_of_a_rollout():
    trial, agent, rng, timestep, carry = start()
    rollout, *_ = collect(agent, trial, carry, timestep, 6, rng)
    metrics = EpisodeStatistics(64, 2, torch.device("cpu")).update(rollout)
    assert metrics["success_1"] == metrics["success_2"] == 1.0
    assert metrics["length_1"] == metrics["length_2"] == 1.0
    per_trial = rollout.reward[::2] + rollout.reward[1::2]
    assert abs(metrics["trial_return"] - float(per_trial.mean())) < 1e-6
