import pytest
import torch
from support.levers import Levers, stir

from rl2_mazes.agents.learners.base import ReturnSettings
from rl2_mazes.agents.learners.gae import gae
from rl2_mazes.agents.learners.returns import TargetMaker


def start(**settings):
    levers = Levers()
    stir(levers.agent)
    return levers, TargetMaker(levers.agent, ReturnSettings(**settings))


def returns_of(rollout, settings):
    advantage = gae(
        rollout.training_reward, rollout.value, rollout.trial_done, rollout.crashed, rollout.last_value,
        settings.gamma, settings.gae_lambda,
    )  # fmt: skip
    return advantage, advantage + rollout.value


def test_advantages_are_standardised_over_the_rollout():
    levers, maker = start()
    rollout = levers()
    targets, _ = maker(rollout)
    raw, _ = returns_of(rollout, maker.settings)
    by_hand = (raw - raw.mean()) / raw.std(correction=0)
    torch.testing.assert_close(targets.advantage, by_hand, rtol=1e-4, atol=1e-5)


def test_targets_of_the_value_are_returns_in_the_heads_units():
    levers, maker = start()
    rollout = levers()
    targets, _ = maker(rollout)
    agent = levers.agent
    _, returns = returns_of(rollout, maker.settings)
    torch.testing.assert_close(targets.value * agent.value_std + agent.value_mean, returns)
    assert abs(float(targets.value.mean())) < 1e-5  # after one update the units are its own
    assert float(targets.value.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_units_follow_a_running_mean_and_deviation():
    levers, maker = start(value_norm_decay=0.5)
    both = []
    for scale in (1.0, 10.0):
        rollout = levers()._replace(reward=scale * torch.randn(5, 6))
        both.append(returns_of(rollout, maker.settings)[1])
        maker(rollout)
    # Weights .5 x .5 and .5, over their sum.
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


def test_equal_returns_do_not_blow_up_the_units():
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


def test_explained_variance_is_one_less_the_share_left():
    levers, maker = start()
    rollout = levers()
    _, metrics = maker(rollout)
    raw, returns = returns_of(rollout, maker.settings)
    share = raw.var(correction=0) / returns.var(correction=0)
    assert metrics["explained_variance"] == pytest.approx(1 - float(share), rel=1e-3)


def test_what_a_broken_simulator_cut_off_has_no_say():
    levers, maker = start()
    rollout = levers(4)
    lost = torch.zeros_like(rollout.crashed)
    lost[3, :3] = True  # the last step of half the copies
    absurd = rollout.training_reward.masked_fill(lost, 1e6)
    targets, metrics = maker(
        rollout._replace(crashed=lost, trial_done=rollout.trial_done | lost, training_reward=absurd)
    )
    assert (targets.advantage[lost] == 0).all()
    assert float(targets.advantage[~lost].mean()) == pytest.approx(0, abs=1e-5)
    assert float(targets.advantage[~lost].std(correction=0)) == pytest.approx(1, rel=1e-4)
    assert float(targets.value[~lost].mean()) == pytest.approx(0, abs=1e-5)
    assert abs(metrics["explained_variance"]) < 100


def test_goes_on_from_its_state():
    levers, maker = start()
    maker(levers())
    rollout = levers()
    other = TargetMaker(levers.agent, maker.settings)
    other.load_state_dict(maker.state_dict())
    maker(rollout)
    other(rollout)
    assert other.state_dict() == maker.state_dict()


def test_without_normalising_the_units_stay():
    levers, maker = start(normalise_values=False)
    rollout = levers()
    targets, _ = maker(rollout)
    assert (float(levers.agent.value_mean), float(levers.agent.value_std)) == (0, 1)
    _, returns = returns_of(rollout, maker.settings)
    torch.testing.assert_close(targets.value, returns)
