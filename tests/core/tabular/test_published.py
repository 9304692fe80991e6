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
