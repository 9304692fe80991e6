import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rl2_mazes.agents.learners.gae import gae


def slow_gae(reward, value, trial_done, lost, last_value, gamma, lam):
    """The definition, term by term; lists [T] of one copy. Episodes have no part in it."""
    time = len(reward)

    def delta(t):
        if lost[t]:
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
    """Reward, value, where trials end, where simulators broke (which also ends a trial), and the
    value after the last step."""
    rng = torch.Generator().manual_seed(seed)
    reward, value = torch.randn((2, time, batch), generator=rng).unbind()
    lost = torch.rand((time, batch), generator=rng) < 0.1
    trial_done = lost | (torch.rand((time, batch), generator=rng) < 0.2)
    return reward, value, trial_done, lost, torch.randn(batch, generator=rng)


@given(
    time=st.integers(1, 12),
    batch=st.integers(1, 4),
    seed=st.integers(0, 1000),
    gamma=st.sampled_from([0.0, 0.9, 1.0]),
    lam=st.sampled_from([0.0, 0.3, 0.95, 1.0]),
)
def test_equals_the_definition(time, batch, seed, gamma, lam):
    drawn = draw(time, batch, seed)
    exact = [
        slow_gae(*(x[..., b].tolist() for x in drawn), gamma=gamma, lam=lam) for b in range(batch)
    ]
    found = gae(*drawn, gamma=gamma, gae_lambda=lam)
    torch.testing.assert_close(found, torch.tensor(exact).T, rtol=1e-4, atol=1e-5)


def test_returns_of_whole_trials_are_discounted_sums_of_reward():
    reward, value, trial_done, lost, last_value = draw(9, 3, seed=0)
    trial_done[-1] = True
    lost = torch.zeros_like(lost)
    returns = gae(reward, value, trial_done, lost, last_value, 0.9, 1.0) + value
    for b in range(3):
        ahead = 0.0
        for t in reversed(range(9)):
            ahead = float(reward[t, b]) + (0.0 if trial_done[t, b] else 0.9 * ahead)
            assert float(returns[t, b]) == pytest.approx(ahead, rel=1e-4, abs=1e-5)


def test_credit_crosses_episodes_and_not_trials():
    # A reward at step 2. It reaches back to step 1, where only an episode ended (gae is not told
    # of it), and not to step 0, where the trial before ended.
    reward = torch.tensor([[0.0], [0.0], [1.0]])
    trial_done = torch.tensor([[True], [False], [True]])
    zero = torch.zeros(3, 1)
    none = torch.zeros_like(trial_done)
    advantage = gae(reward, zero, trial_done, none, torch.tensor([9.0]), gamma=0.5, gae_lambda=1.0)
    assert advantage.flatten().tolist() == [0.0, 0.5, 1.0]


def test_nothing_is_learned_from_what_a_broken_simulator_cut_off():
    value = torch.tensor([[3.0], [3.0], [3.0]])
    lost = torch.tensor([[False], [True], [False]])
    reward = torch.tensor([[0.0], [0.0], [1.0]])
    advantage = gae(reward, value, lost, lost, torch.tensor([3.0]), gamma=1.0, gae_lambda=1.0)
    assert advantage.flatten().tolist() == [0.0, 0.0, 1.0]
