"""The exchangeable agent: acting and learning agree, and names do not matter."""

import pytest
import torch

from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.tabular.suite import TabularSuite
from rl2_mazes.core.types import TimeStep
from rl2_mazes.mdps.suite import MDPSuite

SUITES = {
    "bandits": BanditSuite(num_arms=4, num_pulls=7),
    "mdps": MDPSuite(num_states=3, num_actions=2, horizon=4, num_episodes=3),
}
SETTINGS = {
    "plain": ExchangeableSettings(hidden_size=8, embedding_size=6),
    "planning": ExchangeableSettings(
        hidden_size=8, embedding_size=6, planning_rounds=2, planning_size=5
    ),
    "unprivileged": ExchangeableSettings(
        hidden_size=8, embedding_size=6, privileged_critic=False, optimal_advantage=False
    ),
}


def make_agent(suite: TabularSuite, settings: ExchangeableSettings):
    torch.manual_seed(0)
    agent = settings.build(suite.spaces)
    for parameter in agent.parameters():  # also those that start at zero
        parameter.data += 0.3 * torch.randn_like(parameter)
    return agent


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
@pytest.mark.parametrize("num_steps", [5, 12, 30])
def test_learning_sees_what_acting_saw(suite, settings, num_steps):
    # Over rollouts that begin and end inside trials, with trials at different steps.
    agent = make_agent(suite, settings)
    trial = suite.make_trial(6, seed=1)
    timestep = trial.reset(seed=2)
    trial.episode[:3] = 1  # three environments are an episode ahead
    rng = torch.Generator().manual_seed(3)
    carry = agent.initial_carry(6)
    for _ in range(3):
        rollout, carry, timestep = collect(agent, trial, carry, timestep, num_steps, rng)
        outputs = agent(*rollout.take_envs(torch.arange(6)))
        log_prob = outputs.log_probs.gather(-1, rollout.action[..., None]).squeeze(-1)
        torch.testing.assert_close(log_prob, rollout.log_prob, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(outputs.value, rollout.value, atol=1e-5, rtol=1e-5)
