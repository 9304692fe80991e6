"""Draws of an agent are not those that decide its rewards, nor those that made its tasks."""

import pytest
import torch

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.eval.tabular.play import play
from rl2_mazes.eval.trials.runner import evaluate
from rl2_mazes.mdps.suite import MDPSuite

NUM_TASKS = 4000
MDPS = (10, 5)  # states and actions


class OneUniform:
    """Chooses an arm by one uniform number an environment, and logs arms and rewards."""

    def __init__(self, suite):
        self.spaces = suite.spaces
        self.drawn, self.rewards = [], []

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, 1)

    def act(self, carry, timestep, rng):
        self.rewards.append(timestep.prev_reward)
        action = (torch.rand(len(carry), generator=rng) * self.spaces.num_actions).long()
        self.drawn.append(action)
        return action, carry, None


def played(agent, suite, seed):
    trial = suite.evaluation_trial(NUM_TASKS, NUM_TASKS, None, seed)
    play(agent, trial, suite.horizon, seed)


def run(agent, suite, seed):
    evaluate(agent, suite.evaluation_trial(NUM_TASKS, NUM_TASKS, None, seed), NUM_TASKS, seed)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("way", [played, run])
def test_an_arm_chosen_by_one_uniform_pays_as_often_as_it_should(way, seed):
    suite = BanditSuite.from_name("k5_n10")
    agent = OneUniform(suite)
    way(agent, suite, seed)
    means = suite.table_tasks(NUM_TASKS, seed)
    arms, paid = torch.stack(agent.drawn[:9]), torch.stack(agent.rewards[1:10])
    expected = means[torch.arange(NUM_TASKS), arms]
    for arm in range(5):
        chosen = arms == arm
        error = 0.5 / chosen.sum().sqrt()
        assert abs(paid[chosen].mean() - expected[chosen].mean()) < 4 * error


class Normals(OneUniform):
    """Begins with as many normal numbers as its MDPs have rewards, as posterior sampling may."""

    def act(self, carry, timestep, rng):
        if not self.drawn:
            self.normals = torch.randn(len(carry), *MDPS, generator=rng)
        return super().act(carry, timestep, rng)


@pytest.mark.parametrize("way", [played, run])
def test_the_first_draws_of_an_agent_are_not_the_rewards_of_its_mdps(way):
    suite = MDPSuite.from_name("n10")
    agent = Normals(suite)
    way(agent, suite, 0)
    rewards = suite.table_tasks(NUM_TASKS, 0).rewards - suite.reward_mean
    assert (
        abs((agent.normals * rewards).mean()) < 0.01
    )  # normal numbers both: 1 if they are the same


def test_more_actions_than_a_byte_holds_are_logged_whole():
    suite = BanditSuite(num_arms=300, num_pulls=4)
    log = evaluate(OneUniform(suite), suite.evaluation_trial(200, 200, None, 0), 200, 0)
    assert log.actions.max() > 255
