"""TRPO: the step, the line search, and the separation of policy and value."""

import math

import pytest
import torch
from support.exact_fisher import exact_fisher
from support.levers import DUAN2016, SMALL, Levers, log_probs_of, slow_comparison, stir

from rl2_mazes.agents.learners.flat_parameters import flatten
from rl2_mazes.agents.learners.surrogate import Comparison, OldPolicy
from rl2_mazes.agents.learners.trpo import TRPO, TRPOSettings


def start(network=SMALL, **settings):
    levers = Levers(settings=network)
    stir(levers.agent)
    return levers, TRPO(levers.agent, TRPOSettings(**settings), seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_kl": 0.0}, "learner.max_kl is 0.0; it must be above 0"),
        ({"fisher_every": 0}, "learner.fisher_every is 0; it must be at least 1"),
        ({"backtrack_ratio": 1.0}, "learner.backtrack_ratio is 1.0; it must be in"),
        ({"value_epochs": -1}, "learner.value_epochs is -1; it must be at least 0"),
        ({"gamma": 2.0}, "learner.gamma is 2.0"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        TRPOSettings(**settings)


def value_loss(agent, rollout, targets):
    with torch.no_grad():
        value = agent(rollout.timesteps, rollout.carry).value
    return float((value - targets.value).square().mean())


@pytest.mark.parametrize("network", [SMALL, DUAN2016], ids=["ours", "duan2016"])
@pytest.mark.parametrize("max_kl", [0.01, 0.0001])
def test_an_update_improves_the_surrogate_within_the_trust_region(max_kl, network):
    levers, learner = start(network, max_kl=max_kl, damping=1e-4, value_epochs=2)
    rollout = levers(8)
    before = log_probs_of(levers.agent, rollout)
    metrics = learner.update(rollout)
    targets, _ = TRPO(levers.agent, TRPOSettings(), seed=0).targets(rollout)
    gain, kl = slow_comparison(
        before,
        log_probs_of(levers.agent, rollout),
        rollout.action.tolist(),
        targets.advantage.tolist(),
    )
    assert 0.3 * max_kl < kl <= max_kl
    assert gain > 0
    assert metrics["kl"] == pytest.approx(kl, rel=1e-2)
    assert metrics["surrogate_gain"] == pytest.approx(gain, rel=1e-2)


def test_gradient_is_that_of_the_surrogate():
    levers, learner = start(num_minibatches=4)
    rollout = levers()
    targets, _ = learner.targets(rollout)
    old = OldPolicy(levers.agent, rollout, targets.advantage, 4)
    log_probs = levers.agent(rollout.timesteps, rollout.carry).log_probs
    ratio = (log_probs - old.log_probs).exp().gather(-1, rollout.action[..., None]).squeeze(-1)
    weights = list(learner.policy_weights.values())
    whole = flatten(torch.autograd.grad((ratio * targets.advantage).mean(), weights))
    torch.testing.assert_close(learner._gradient(old), whole, rtol=1e-4, atol=1e-6)


def test_step_is_the_natural_gradient_scaled_to_the_trust_region():
    levers, learner = start(damping=0.05, cg_iterations=60, max_kl=0.02, fisher_every=1)
    rollout = levers()
    dense = exact_fisher(levers.agent, rollout)
    dense += 0.05 * torch.eye(len(dense))
    gradient = torch.randn(len(dense), generator=torch.Generator().manual_seed(1))
    direction = torch.linalg.solve(dense, gradient.double())
    exact = direction * math.sqrt(2 * 0.02 / float(direction @ dense @ direction))
    step, products = learner._natural_step(rollout, gradient)
    assert (step.double() - exact).norm() < 0.02 * exact.norm()
    assert 1 < products <= 60


def test_the_fisher_matrix_can_use_some_environments(monkeypatch):
    from rl2_mazes.agents.learners import trpo

    sizes = []

    class Spy(trpo.Fisher):
        def __init__(self, policy, weights, inputs):
            sizes[-1].append(inputs.carry.shape[0])
            super().__init__(policy, weights, inputs)

    monkeypatch.setattr(trpo, "Fisher", Spy)
    for every in (1, 2, 4, 99):
        sizes.append([])
        levers, learner = start(fisher_every=every, cg_iterations=1, value_epochs=0)
        rollout = levers()
        for _ in range(6):
            learner.update(rollout)
    assert sizes[:2] == [[6] * 6, [3] * 6]
    assert sizes[2] == [2, 2, 1, 1, 2, 2]  # environments 0 and 4, then 1 and 5, then 2, ...
    assert sizes[3] == [1] * 6


@pytest.mark.parametrize(
    ("tried", "share"),
    [
        ([(0.1, 0.01)], 1.0),
        ([(0.0, 0.0), (-0.1, 0.0), (0.1, 0.0101), (0.1, 0.01)], 0.5**3),  # no gain, worse, too far
        ([(torch.nan, 0.0), (0.1, torch.nan), (0.1, 0.001)], 0.5**2),
        ([(-0.1, 0.0)] * 4, 0.0),
    ],
)
def test_line_search_accepts_only_improvement_within_the_trust_region(monkeypatch, tried, share):
    levers, learner = start(backtrack_ratio=0.5, max_backtracks=4)
    rollout = levers()
    old = OldPolicy(levers.agent, rollout, rollout.reward, 1)
    script = iter(tried)
    monkeypatch.setattr(old, "compare", lambda: Comparison(*next(script)))
    before = flatten(learner.policy_weights.values())
    step = torch.ones_like(before)
    found, taken = learner._line_search(old, step)
    assert taken == share
    assert torch.equal(flatten(learner.policy_weights.values()), before + share * step)
    assert found == (Comparison(*tried[-1]) if share else Comparison(0.0, 0.0))
    assert next(script, None) is None


@pytest.mark.parametrize("network", [SMALL, DUAN2016], ids=["ours", "duan2016"])
def test_fitting_the_value_leaves_the_policy_unchanged(network):
    levers, learner = start(network, value_lr=0.02, value_epochs=10)
    rollout = levers()
    targets, _ = learner.targets(rollout)
    before = log_probs_of(levers.agent, rollout)
    first = value_loss(levers.agent, rollout, targets)
    for _ in range(10):
        learner._fit_value(rollout, targets)
    last = value_loss(levers.agent, rollout, targets)
    assert last < 0.8 * first
    assert log_probs_of(levers.agent, rollout) == before
    assert all(weight.grad is None for weight in learner.policy_weights.values())  # nor computed


def test_the_policys_step_leaves_the_value_head_unchanged():
    levers, learner = start(value_epochs=0)
    targets, _ = learner.targets(rollout := levers())
    before = flatten(learner.value_weights.values())
    metrics = learner._improve_policy(rollout, targets)
    assert metrics["step_share"] > 0
    assert torch.equal(flatten(learner.value_weights.values()), before)
