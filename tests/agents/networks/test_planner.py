"""The planner's value iteration is that of the suite's own planning."""

import torch

from rl2_mazes.agents.networks.exchangeable.planner import Planner
from rl2_mazes.mdps.planning import backward_induction


def test_it_computes_the_advantages_of_the_estimated_mdp():
    rng = torch.Generator().manual_seed(0)
    batch, states, actions, horizon = 6, 4, 3, 5
    counts = torch.randint(5, (batch, states * actions, states), generator=rng).float()
    reward = torch.randn(batch, states * actions, generator=rng)
    chances = (counts + 1) / (counts.sum(-1, keepdim=True) + states)
    by_state = (states, actions)
    q = backward_induction(chances.unflatten(1, by_state), reward.unflatten(1, by_state), horizon)
    state = torch.randint(states, (batch,), generator=rng)
    left = torch.tensor([1, 2, 3, 4, 5, 5])
    planned = Planner(2, 1, rounds=horizon)(reward[..., None], counts, state, left)
    expected = q[torch.arange(batch), horizon - left, state]
    expected = expected - expected.amax(1, keepdim=True)
    torch.testing.assert_close(planned.squeeze(-1), expected, atol=1e-5, rtol=1e-5)


def test_it_looks_no_further_than_its_rounds():
    rng = torch.Generator().manual_seed(0)
    reward, counts = torch.randn(2, 6, 1, generator=rng), torch.zeros(2, 6, 3)
    state = torch.tensor([0, 2])
    planner = Planner(2, 1, rounds=2)
    near, far = (planner(reward, counts, state, torch.tensor([left] * 2)) for left in (2, 9))
    torch.testing.assert_close(near, far)
