"""The authors' update: the epoch that is kept, the step that is halved, and the loss."""

import pytest
import torch
from support.levers import Levers, log_probs_of, slow_clipped_loss, slow_comparison, stir

from rl2_mazes.agents.learners import duan2016
from rl2_mazes.agents.learners.duan2016 import (
    Duan2016Learner,
    Duan2016Settings,
    best_epoch,
    count_minibatches,
)
from rl2_mazes.agents.learners.flat_parameters import flatten
from rl2_mazes.agents.learners.surrogate import Comparison, OldPolicy


def start(**settings):
    levers = Levers()
    stir(levers.agent)
    return levers, Duan2016Learner(levers.agent, Duan2016Settings(**settings), seed=0)


def script_comparisons(monkeypatch, *script):
    """Replace comparisons of policies by a script; return the weights that they compared."""
    results, compared = iter(script), []

    class Scripted(OldPolicy):
        def compare(self):
            compared.append(flatten(self.agent.parameters()))
            return Comparison(*next(results))

    monkeypatch.setattr(duan2016, "OldPolicy", Scripted)
    return compared


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minibatch_trials": 0}, "learner.minibatch_trials is 0; it must be at least 1"),
        ({"max_halvings": -1}, "learner.max_halvings is -1; it must be at least 0"),
        ({"gae_lambda": 1.5}, "learner.gae_lambda is 1.5"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        Duan2016Settings(**settings)


@pytest.mark.parametrize(
    ("epochs", "best"),
    [
        ([(0.1, 0.001), (0.3, 0.009), (0.2, 0.002), (0.9, 0.02)], 1),
        ([(-0.2, 0.001), (-0.1, 0.01)], 1),  # the best, even if none improves
        ([(0.1, 0.011), (0.2, 0.02)], None),
        ([(0.1, torch.nan)], None),
    ],
)
def test_the_best_epoch_within_the_trust_region(epochs, best):
    assert best_epoch([Comparison(*epoch) for epoch in epochs], max_kl=0.01) == best


def test_the_weights_of_the_best_epoch_are_kept(monkeypatch):
    compared = script_comparisons(monkeypatch, (0.1, 0.001), (0.3, 0.009), (0.9, 0.02))
    levers, learner = start(epochs=3)
    metrics = learner.update(levers())
    assert len(compared) == 3
    assert not torch.equal(compared[1], compared[2])
    assert torch.equal(flatten(levers.agent.parameters()), compared[1])
    assert (metrics["epoch_kept"], metrics["halvings"]) == (2, 0)
    assert (metrics["surrogate_gain"], metrics["kl"]) == (0.3, 0.009)


@pytest.mark.parametrize(("after_halving", "halvings"), [([0.02, 0.011, 0.01], 3), ([0.5] * 4, 4)])
def test_a_step_beyond_the_trust_region_is_halved(monkeypatch, after_halving, halvings):
    levers, learner = start(epochs=2, max_halvings=4)
    rollout = levers()
    compared = script_comparisons(monkeypatch, *((1.0, kl) for kl in (0.9, 0.8, *after_halving)))
    learner.targets(rollout)  # rescales the value head, which belongs to the old weights
    learner.targets.load_state_dict({"mean": 0.0, "square": 0.0, "num_updates": 0})
    before = flatten(levers.agent.parameters())
    metrics = learner.update(rollout)
    assert metrics["halvings"] == halvings
    assert metrics["kl"] == after_halving[-1]
    expected = before + (compared[1] - before) * 0.5**halvings
    torch.testing.assert_close(flatten(levers.agent.parameters()), expected)


def test_an_update_stays_within_the_trust_region():
    levers, learner = start(lr=0.3)
    rollout = levers(8)
    before = log_probs_of(levers.agent, rollout)
    metrics = learner.update(rollout)
    targets, _ = Duan2016Learner(levers.agent, Duan2016Settings(), seed=0).targets(rollout)
    gain, kl = slow_comparison(
        before,
        log_probs_of(levers.agent, rollout),
        rollout.action.tolist(),
        targets.advantage.tolist(),
    )
    assert metrics["halvings"] > 0
    assert 0 < kl <= 0.01
    assert metrics["kl"] == pytest.approx(kl, rel=1e-2)
    assert metrics["surrogate_gain"] == pytest.approx(gain, rel=1e-2)


def test_loss_equals_the_definition():
    levers, learner = start()
    rollout = levers()
    targets, _ = learner.targets(rollout)
    before = log_probs_of(levers.agent, rollout)
    old = OldPolicy(levers.agent, rollout, targets.advantage, 2)
    stir(levers.agent, seed=1)
    after = log_probs_of(levers.agent, rollout)
    value = levers.agent(rollout.timesteps, rollout.carry).value
    policy_loss, value_loss = learner._step(old, targets, torch.arange(6)).tolist()
    exact = slow_clipped_loss(
        before, after, rollout.action.tolist(), targets.advantage.tolist(), clip=0.1
    )
    assert policy_loss == pytest.approx(exact, rel=1e-4)
    exact = float((value.detach() - targets.value).square().mean())
    assert value_loss == pytest.approx(exact, rel=1e-4)


def test_gradients_are_clipped_elementwise():
    levers, learner = start(max_grad=1e-3)
    learner.update(levers())
    gradients = flatten(
        weight.grad for weight in levers.agent.parameters() if weight.grad is not None
    )
    assert gradients.abs().max() == pytest.approx(1e-3)
    assert (gradients.abs() < 0.9e-3).any()  # and not scaled as a whole


def test_minibatches_hold_about_minibatch_trials():
    rollout = Levers(num_envs=6)(num_steps=8)  # 4 trials of 2 steps in each environment
    assert count_minibatches(rollout, 4) == 6
    assert count_minibatches(rollout, 8) == 3
    assert count_minibatches(rollout, 9) == 3
    assert count_minibatches(rollout, 1000) == 1
    assert count_minibatches(rollout, 1) == 6  # an environment cannot be divided


def test_an_epoch_takes_every_environment_once(monkeypatch):
    levers, learner = start(epochs=2, minibatch_trials=6)
    taken = []
    step = learner._step
    monkeypatch.setattr(
        learner,
        "_step",
        lambda old, t, envs: taken.append(envs.tolist()) or step(old, t, envs),
    )
    learner.update(levers(8))  # 24 trials, so 4 minibatches
    assert [len(envs) for envs in taken] == [2, 2, 1, 1] * 2
    for epoch in (taken[:4], taken[4:]):
        assert sorted(env for envs in epoch for env in envs) == list(range(6))
    assert taken[:4] != taken[4:]
