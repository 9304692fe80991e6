"""The exchangeable agent: acting and learning agree, and names do not matter."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.exchangeable.heads import PolicyHead
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.tabular.suite import TabularSuite
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.mdps.suite import MDPSuite

SUITES = {
    "bandits": BanditSuite(num_arms=4, num_pulls=7),
    "mdps": MDPSuite(num_states=3, num_actions=2, horizon=4, num_episodes=3),
}
SETTINGS = {
    "plain": ExchangeableSettings(memory=GRUSettings(hidden_size=8), embedding_size=6),
    "planning": ExchangeableSettings(
        memory=GRUSettings(hidden_size=8), embedding_size=6, planning_rounds=2, planning_size=5
    ),
    "unprivileged": ExchangeableSettings(
        memory=GRUSettings(hidden_size=8),
        embedding_size=6,
        privileged_critic=False,
        optimal_advantage=False,
    ),
}


def make_agent(suite: TabularSuite, chosen: ExchangeableSettings):
    torch.manual_seed(0)
    agent = chosen.build(suite.spaces)
    for parameter in agent.parameters():  # also those that start at zero
        parameter.data += 0.3 * torch.randn_like(parameter)
    return agent


@pytest.mark.parametrize("chosen", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
@pytest.mark.parametrize("num_steps", [5, 12, 30])
def test_learning_sees_what_acting_saw(suite, chosen, num_steps):
    # Over rollouts that begin and end inside trials, with trials at different steps.
    agent = make_agent(suite, chosen)
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


def play_script(agent, state, action, reward, is_first):
    """Log-probabilities [T, B, A] of an agent that sees this course of events."""
    previous = torch.cat((action[:1], action[:-1])) * ~is_first
    outcome = torch.cat((reward[:1], reward[:-1])) * ~is_first
    done = torch.zeros_like(is_first)
    timesteps = TimeStep(state, previous, outcome, done, is_first)
    return agent(timesteps, agent.initial_carry(state.shape[1])).log_probs.detach()


@given(seed=st.integers(0, 2**31))
@settings(max_examples=5, deadline=None, derandomize=True)
@pytest.mark.parametrize("planning_rounds", [0, 2])
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_permuting_states_and_actions_permutes_the_policy(suite, planning_rounds, seed):
    chosen = ExchangeableSettings(
        memory=GRUSettings(hidden_size=8),
        embedding_size=6,
        planning_rounds=planning_rounds,
        privileged_critic=False,
    )
    agent, spaces = make_agent(suite, chosen), suite.spaces
    rng = torch.Generator().manual_seed(seed)
    shape = (15, 3)
    state = torch.randint(spaces.num_states, shape, generator=rng)
    action = torch.randint(spaces.num_actions, shape, generator=rng)
    reward = torch.randn(shape, generator=rng)
    is_first = torch.rand(shape, generator=rng) < 0.1
    is_first[0] = True
    of_states = torch.randperm(spaces.num_states, generator=rng)
    of_actions = torch.randperm(spaces.num_actions, generator=rng)
    policy = play_script(agent, state, action, reward, is_first)
    permuted = play_script(agent, of_states[state], of_actions[action], reward, is_first)
    torch.testing.assert_close(permuted[..., of_actions], policy, atol=1e-5, rtol=1e-5)
    assert policy.std().item() > 0.001  # or everything is equal


def test_the_same_weights_act_in_suites_of_any_size():
    agent = make_agent(SUITES["bandits"], SETTINGS["plain"])
    larger = BanditSuite(num_arms=9, num_pulls=30)
    other = agent.for_spaces(larger.spaces)
    trial = larger.make_trial(5)
    rollout, *_ = collect(
        other, trial, other.initial_carry(5), trial.reset(0), 30, torch.Generator().manual_seed(0)
    )
    assert rollout.action.max() == 8
    assert agent.spaces.num_actions == 4
    for mine, theirs in zip(agent.parameters(), other.parameters(), strict=True):
        assert mine is theirs


def test_it_is_told_the_length_of_the_trial():
    agent = make_agent(SUITES["bandits"], SETTINGS["plain"])
    longer = agent.for_spaces(BanditSuite(num_arms=4, num_pulls=70).spaces)
    trial = SUITES["bandits"].make_trial(2)
    timestep = trial.reset(0)
    values = [
        each.predict_value(each.initial_carry(2), timestep, trial.privileged())
        for each in (agent, longer)
    ]
    assert not torch.allclose(*values)


def test_suites_with_pictures_are_refused():
    with pytest.raises(UserError, match="agent=rl2"):
        ExchangeableSettings().build(Spaces(num_actions=3, image_shape=(30, 40, 3)))


def test_scores_are_scaled():
    inputs = torch.randn(5, 6), torch.randint(5, (4, 3)), torch.randn(4, 8)
    heads = [PolicyHead(6, 7, 8, scale) for scale in (1.0, 30.0)]
    heads[1].load_state_dict(heads[0].state_dict())
    for head in heads:
        assert head(head.row(inputs[0]), *inputs[1:]).exp().std() < 1e-6  # uniform at first
        head.score.data.fill_(0.01)
    plain, scaled = (head(head.row(inputs[0]), *inputs[1:]) for head in heads)
    torch.testing.assert_close(scaled, (30 * plain).log_softmax(-1))
