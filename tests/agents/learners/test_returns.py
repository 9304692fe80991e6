"""Advantages against their definition, and the targets and units of the value."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.levers import Levers, stir

from rl2_mazes.agents.learners.base import ReturnSettings
from rl2_mazes.agents.learners.returns import TargetMaker, decayed_sum, gae


@pytest.mark.parametrize("time", [1, 2, 3, 8, 21])
def test_decayed_sum_equals_a_loop(time):
    rng = torch.Generator().manual_seed(time)
    x = torch.randn(time, 4, generator=rng)
    decay = torch.rand(time, 4, generator=rng)
    decay[torch.rand(time, 4, generator=rng) < 0.3] = 0
    now, sums = torch.zeros(4), []
    for t in range(time):
        now = x[t] + decay[t] * now
        sums.append(now)
    torch.testing.assert_close(decayed_sum(x, decay), torch.stack(sums))


def slow_gae(reward, value, trial_done, crashed, last_value, gamma, lam):
    """The definition, term by term; lists [T] of one environment. Episodes play no part."""
    time = len(reward)

    def delta(t):
        if crashed[t]:
            return 0.0
        after = last_value if t + 1 == time else value[t + 1]
        return reward[t] + (0.0 if trial_done[t] else gamma * after) - value[t]

    advantage = []
    for t in range(time):
        total = 0.0
        for s in range(t, time):
            total += (gamma * lam) ** (s - t) * delta(s)
            if trial_done[s]:
                break
        advantage.append(total)
    return advantage


def draw(time, batch, seed):
    """Reward, value, trial_done, crashed (which also ends a trial), and last_value."""
    rng = torch.Generator().manual_seed(seed)
    reward, value = torch.randn((2, time, batch), generator=rng).unbind()
    crashed = torch.rand((time, batch), generator=rng) < 0.1
    trial_done = crashed | (torch.rand((time, batch), generator=rng) < 0.2)
    return reward, value, trial_done, crashed, torch.randn(batch, generator=rng)


@given(
    time=st.integers(1, 12),
    batch=st.integers(1, 4),
    seed=st.integers(0, 1000),
    gamma=st.sampled_from([0.0, 0.9, 1.0]),
    lam=st.sampled_from([0.0, 0.3, 0.95, 1.0]),
)
def test_gae_equals_the_definition(time, batch, seed, gamma, lam):
    drawn = draw(time, batch, seed)
    exact = [
        slow_gae(*(x[..., b].tolist() for x in drawn), gamma=gamma, lam=lam) for b in range(batch)
    ]
    found = gae(*drawn, gamma=gamma, gae_lambda=lam)
    torch.testing.assert_close(found, torch.tensor(exact).T, rtol=1e-4, atol=1e-5)


def test_returns_of_whole_trials_are_discounted_sums_of_reward():
    reward, value, trial_done, crashed, last_value = draw(9, 3, seed=0)
    trial_done[-1] = True
    crashed = torch.zeros_like(crashed)
    returns = gae(reward, value, trial_done, crashed, last_value, 0.9, 1.0) + value
    for b in range(3):
        ahead = 0.0
        for t in reversed(range(9)):
            ahead = float(reward[t, b]) + (0.0 if trial_done[t, b] else 0.9 * ahead)
            assert float(returns[t, b]) == pytest.approx(ahead, rel=1e-4, abs=1e-5)


def test_credit_crosses_episodes_and_not_trials():
    # A reward at step 2 reaches back to step 1, where only an episode ended (which gae does not
    # know), and not to step 0, where the trial before ended.
    reward = torch.tensor([[0.0], [0.0], [1.0]])
    trial_done = torch.tensor([[True], [False], [True]])
    zero = torch.zeros(3, 1)
    none = torch.zeros_like(trial_done)
    advantage = gae(reward, zero, trial_done, none, torch.tensor([9.0]), gamma=0.5, gae_lambda=1.0)
    assert advantage.flatten().tolist() == [0.0, 0.5, 1.0]


def test_a_crashed_step_has_no_advantage():
    value = torch.tensor([[3.0], [3.0], [3.0]])
    crashed = torch.tensor([[False], [True], [False]])
    reward = torch.tensor([[0.0], [0.0], [1.0]])
    advantage = gae(reward, value, crashed, crashed, torch.tensor([3.0]), gamma=1.0, gae_lambda=1.0)
    assert advantage.flatten().tolist() == [0.0, 0.0, 1.0]


def start(**settings):
    levers = Levers()
    stir(levers.agent)
    return levers, TargetMaker(levers.agent, ReturnSettings(**settings))


def returns_of(rollout, settings):
    names = ("value", "trial_done", "crashed", "last_value")
    fields = {name: getattr(rollout, name) for name in names}
    advantage = gae(
        rollout.training_reward, gamma=settings.gamma, gae_lambda=settings.gae_lambda, **fields
    )
    return advantage, advantage + rollout.value


def test_advantages_are_standardised_over_the_rollout():
    levers, maker = start()
    rollout = levers()
    targets, _ = maker(rollout)
    raw, _ = returns_of(rollout, maker.settings)
    by_hand = (raw - raw.mean()) / raw.std(correction=0)
    torch.testing.assert_close(targets.advantage, by_hand, rtol=1e-4, atol=1e-5)


def test_value_targets_are_returns_in_the_heads_units():
    levers, maker = start()
    rollout = levers()
    targets, _ = maker(rollout)
    agent = levers.agent
    _, returns = returns_of(rollout, maker.settings)
    torch.testing.assert_close(targets.value * agent.value_std + agent.value_mean, returns)
    assert abs(float(targets.value.mean())) < 1e-5  # after one update the units are this rollout's
    assert float(targets.value.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_units_follow_a_running_mean_and_standard_deviation():
    levers, maker = start(value_norm_decay=0.5)
    both = []
    for scale in (1.0, 10.0):
        rollout = levers()._replace(reward=scale * torch.randn(5, 6))
        both.append(returns_of(rollout, maker.settings)[1])
        maker(rollout)
    # Weights 0.5 x 0.5 and 0.5, divided by their sum.
    mean = (both[0].mean() + 2 * both[1].mean()) / 3
    square = (both[0].square().mean() + 2 * both[1].square().mean()) / 3
    torch.testing.assert_close(levers.agent.value_mean, mean)
    torch.testing.assert_close(levers.agent.value_std, (square - mean**2).sqrt())


@pytest.mark.parametrize(("scale", "shift"), [(100.0, 7.0), (1e-3, 0.0), (1.0, -50.0)])
def test_a_change_of_units_changes_no_prediction(scale, shift):
    levers, maker = start()
    rollout = levers()
    before = levers.agent.predict_value(rollout.carry, levers.timestep)
    units = levers.agent.value_std.clone(), levers.agent.value_mean.clone()
    maker(rollout._replace(training_reward=rollout.training_reward * scale + shift))
    assert (levers.agent.value_std, levers.agent.value_mean) != units
    after = levers.agent.predict_value(rollout.carry, levers.timestep)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)


def test_equal_returns_keep_the_units_finite():
    levers, maker = start()
    rollout = levers()
    zero = torch.zeros_like(rollout.reward)
    targets, metrics = maker(
        rollout._replace(training_reward=zero, value=zero, last_value=torch.zeros(6))
    )
    assert float(levers.agent.value_std) == pytest.approx(0.01)
    assert (targets.advantage == 0).all()
    assert (targets.value == 0).all()
    assert metrics["explained_variance"] == 1.0


def test_explained_variance_is_one_minus_the_residual_share():
    levers, maker = start()
    rollout = levers()
    _, metrics = maker(rollout)
    raw, returns = returns_of(rollout, maker.settings)
    share = raw.var(correction=0) / returns.var(correction=0)
    assert metrics["explained_variance"] == pytest.approx(1 - float(share), rel=1e-3)


def test_crashed_steps_count_for_nothing():
    levers, maker = start()
    rollout = levers(4)
    crashed = torch.zeros_like(rollout.crashed)
    crashed[3, :3] = True  # the last step of half the environments
    absurd = rollout.training_reward.masked_fill(crashed, 1e6)
    targets, metrics = maker(
        rollout._replace(
            crashed=crashed, trial_done=rollout.trial_done | crashed, training_reward=absurd
        )
    )
    assert (targets.advantage[crashed] == 0).all()
    assert float(targets.advantage[~crashed].mean()) == pytest.approx(0, abs=1e-5)
    assert float(targets.advantage[~crashed].std(correction=0)) == pytest.approx(1, rel=1e-4)
    assert float(targets.value[~crashed].mean()) == pytest.approx(0, abs=1e-5)
    assert abs(metrics["explained_variance"]) < 100


def test_targets_resume_from_a_state_dict():
    levers, maker = start()
    maker(levers())
    rollout = levers()
    other = TargetMaker(levers.agent, maker.settings)
    other.load_state_dict(maker.state_dict())
    maker(rollout)
    other(rollout)
    assert other.state_dict() == maker.state_dict()


def test_without_normalisation_the_units_stay():
    levers, maker = start(normalise_values=False)
    rollout = levers()
    targets, _ = maker(rollout)
    assert (float(levers.agent.value_mean), float(levers.agent.value_std)) == (0, 1)
    _, returns = returns_of(rollout, maker.settings)
    torch.testing.assert_close(targets.value, returns)
