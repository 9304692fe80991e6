"""The privileged critic: privileged features reach the value alone, in training alone."""

import torch
from support.steps import MDPS, some_steps

from rl2_mazes.agents.learners.flat_parameters import split_weights
from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.mdps.planning import backward_induction
from rl2_mazes.mdps.suite import MDPSuite

SPACES = Spaces(num_actions=5, num_states=10, num_privileged=3)
SETTINGS = RL2Settings(
    dense_size=4, feedback_size=4, memory=GRUSettings(hidden_size=8), privileged_critic=True
)
SUITE = MDPSuite(num_states=3, num_actions=2, horizon=2, num_episodes=3)


def build(spaces=SPACES, settings=SETTINGS):
    torch.manual_seed(0)
    return RL2Agent(spaces, settings)


def test_the_value_depends_on_them_and_the_policy_does_not():
    agent, steps = build(), some_steps(MDPS, time=5, batch=4)
    one, other = (agent(steps, agent.initial_carry(4), x) for x in torch.randn(2, 5, 4, 4))
    assert torch.equal(one.log_probs, other.log_probs)
    assert (one.value != other.value).all()


def test_without_them_actions_are_the_same_and_the_value_is_nan():
    agent = build()
    step = TimeStep(*(field[0] for field in some_steps(MDPS, time=1, batch=64)))
    acted = [
        agent.act(agent.initial_carry(64), step, torch.Generator().manual_seed(0), privileged)
        for privileged in (torch.randn(64, 4), None)
    ]
    assert torch.equal(acted[0][0], acted[1][0])
    assert torch.equal(acted[0][2].log_prob, acted[1][2].log_prob)
    assert acted[0][2].value.isfinite().all()
    assert acted[1][2].value.isnan().all()


def test_only_the_value_depends_on_critic_and_value_head():
    _, own = split_weights(build())
    assert {name.split(".")[0] for name in own} == {"critic", "value"}


def test_a_rollout_stores_privileged_features_and_values():
    trial = SUITE.make_trial(4)
    agent = build(trial.env.spaces)
    carry, timestep = agent.initial_carry(4), trial.reset(0)
    first = trial.privileged()
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, carry, timestep, 9, rng)
    assert rollout.privileged.shape == (9, 4, trial.env.spaces.num_critic_features)
    assert torch.equal(rollout.privileged[0], first)
    value = agent(rollout.timesteps, rollout.carry, rollout.privileged).value
    torch.testing.assert_close(value.detach(), rollout.value, rtol=1e-5, atol=1e-6)
    before = agent.critic.weight.clone()
    PPO(agent, PPOSettings(num_minibatches=2), seed=0).update(rollout)
    assert (agent.critic.weight != before).any()


def test_another_agent_does_not_ask_for_them():
    trial = SUITE.make_trial(4)
    trial.privileged = None  # calling it would fail
    agent = build(trial.env.spaces, RL2Settings(memory=GRUSettings(hidden_size=8)))
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(0), 6, rng)
    assert rollout.privileged.shape == (6, 4, 0)


def test_spaces_that_differ_in_them_alone_are_equal():
    assert SPACES == MDPS


def test_with_them_the_training_reward_is_the_advantage_of_the_optimal_policy():
    trial = SUITE.make_trial(4)
    tasks = SUITE.sample(torch.Generator().manual_seed(0), 4)
    trial.tasks = tasks
    agent = build(trial.env.spaces)
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(0), 6, rng)
    plan = backward_induction(tasks.transitions, tasks.rewards, SUITE.horizon)
    envs = torch.arange(4).expand(6, 4)
    time = (torch.arange(6) % SUITE.horizon)[:, None]
    here = plan[envs, time, rollout.timesteps.obs]
    advantage = here.gather(-1, rollout.action[..., None]).squeeze(-1) - here.amax(-1)
    torch.testing.assert_close(rollout.training_reward, advantage)
    assert (advantage < -0.01).any()
    # The agent observes its reward.
    assert torch.equal(rollout.timesteps.prev_reward[1:][:3], rollout.reward[:3])


def test_without_them_the_training_reward_is_the_reward():
    trial = SUITE.make_trial(4)
    agent = build(trial.env.spaces, RL2Settings(memory=GRUSettings(hidden_size=8)))
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(0), 6, rng)
    assert torch.equal(rollout.training_reward, rollout.reward)
