import pytest
import torch

from agents.gae import gae


def slow_gae(reward, value, trial_done, last_value, gamma, lam):
    """The definition, term by term."""
    time, batch = reward.shape
    advantage = torch.zeros(time, batch)
    for b in range(batch):
        for t in range(time):
            weight = 1.0
            for s in range(t, time):
                ended = bool(trial_done[s, b])
                after = 0.0 if ended else (last_value[b] if s + 1 == time else value[s + 1, b])
                advantage[t, b] += weight * (reward[s, b] + gamma * after - value[s, b])
                if ended:
                    break
                weight *= gamma * lam
    return advantage


@pytest.mark.parametrize(("gamma", "lam"), [(0.99, 0.95), (0.9, 0.0), (1.0, 1.0)])
def test_equals_the_definition(gamma, lam):
    torch.manual_seed(1)
    reward, value = torch.randn(12, 5), torch.randn(12, 5)
    trial_done, last_value = torch.rand(12, 5) < 0.2, torch.randn(5)
    none = torch.zeros_like(trial_done)
    fast = gae(reward, value, trial_done, none, last_value, gamma, lam)
    torch.testing.assert_close(fast, slow_gae(reward, value, trial_done, last_value, gamma, lam))


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
