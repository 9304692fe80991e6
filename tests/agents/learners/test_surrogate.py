"""Comparisons of policies against their definition."""

import math

import pytest
import torch
from support.levers import Levers, log_probs_of, slow_comparison, stir

from rl2_mazes.agents.learners.surrogate import OldPolicy, action_log_prob, mean_kl


def test_kl_by_hand():
    old = torch.tensor([[[0.5, 0.5]]]).log()
    new = torch.tensor([[[0.25, 0.75]]]).log()
    by_hand = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert float(mean_kl(old, new)) == pytest.approx(by_hand)
    assert float(mean_kl(new, old)) != pytest.approx(by_hand)  # not symmetric


def test_log_probs_of_actions_by_hand():
    log_probs = torch.arange(12.0).view(2, 2, 3)
    action = torch.tensor([[0, 1], [2, 0]])
    assert action_log_prob(log_probs, action).tolist() == [[0, 4], [8, 9]]


@pytest.mark.parametrize("num_parts", [1, 4, 99])
def test_comparison_equals_the_definition(num_parts):
    levers = Levers()
    stir(levers.agent)
    rollout = levers()
    advantage = torch.randn(rollout.reward.shape, generator=torch.Generator().manual_seed(1))
    before = log_probs_of(levers.agent, rollout)
    old = OldPolicy(levers.agent, rollout, advantage, num_parts)
    same = old.compare()
    assert (same.gain, same.kl) == (0, 0)
    stir(levers.agent, seed=1)
    gain, kl = slow_comparison(
        before, log_probs_of(levers.agent, rollout), rollout.action.tolist(), advantage.tolist()
    )
    assert kl > 0.001
    found = old.compare()
    assert found.gain == pytest.approx(gain, rel=1e-4)
    assert found.kl == pytest.approx(kl, rel=1e-4)
