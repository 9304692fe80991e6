"""Printed tables: totals of a trial, and the steps of training of their agents."""

import pytest

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.tabular.suite import tabular_suites
from rl2_mazes.mdps.suite import MDPSuite


def test_fractions_become_rewards_of_a_trial():
    paper, snail = MDPSuite.published_tables
    assert paper.total("n25", "rl2", 25) == paper.mean("n25", "rl2") == 445.7
    assert snail.total("n25", "rl2", 25) == pytest.approx(445.7, abs=0.5)
    assert snail.total("n25", "nobody", 25) is None
    assert BanditSuite.published_tables[1].total("k5_n100", "snail", 100) == 79.1


@pytest.mark.parametrize("suite", tabular_suites().values(), ids=lambda suite: suite.kind)
def test_steps_of_the_papers_agents_are_known_and_those_of_snail_are_not(suite):
    paper, snail = suite.published_tables
    assert paper.steps.keys() == paper.rows.keys()
    assert all(50e6 < steps <= 2e9 for steps in paper.steps.values())
    assert not snail.steps


@pytest.mark.parametrize(
    ("suite", "unnamed"),
    [
        (BanditSuite(5, 10, low=0.9), {"low": 0.9}),
        (MDPSuite(reward_mean=5.0), {"reward_mean": 5.0}),
        (MDPSuite(reward_std=0.5, noise_std=100.0), {"reward_std": 0.5, "noise_std": 100.0}),
    ],
)
def test_nothing_was_printed_for_tasks_that_the_name_does_not_mean(suite, unnamed):
    assert suite.unnamed == unnamed
    assert suite.published() == ()
    usual = type(suite).from_name(suite.name)
    assert usual.unnamed == {}
    assert usual.published()
