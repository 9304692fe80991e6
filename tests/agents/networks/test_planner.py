"""The planner's value iteration is that of the suite's own planning; compiled, that of torch."""

import torch

from rl2_mazes.agents.memory.layers.visits import find_visits
from rl2_mazes.agents.networks.exchangeable.planner import Planner, observed_transitions, plan_steps
from rl2_mazes.core.types import TimeStep
from rl2_mazes.mdps.planning import backward_induction

BATCH, STATES, ACTIONS, HORIZON = 6, 4, 3, 5
LEFT = torch.tensor([1, 2, 3, 4, 5, 5])


def inputs(rng, channels):
    """A table of rewards [R, C] in double precision, rows of pairs, transitions and states."""
    num_pairs = STATES * ACTIONS
    table = torch.randn(9, channels, generator=rng, dtype=torch.float64)
    latest = torch.randint(9, (BATCH, num_pairs), generator=rng)
    counts = torch.randint(5, (BATCH, num_pairs, STATES), generator=rng).double()
    return table, latest, counts, torch.randint(STATES, (BATCH,), generator=rng)


def test_it_computes_the_advantages_of_the_estimated_mdp():
    table, latest, counts, state = inputs(torch.Generator().manual_seed(0), 1)
    chances = (counts + 1) / (counts.sum(-1, keepdim=True) + STATES)
    by_state = (STATES, ACTIONS)
    reward = table[:, 0][latest].unflatten(1, by_state).float()
    q = backward_induction(chances.unflatten(1, by_state).float(), reward, HORIZON)
    planned = plan_steps(table, latest, counts, state, LEFT, HORIZON)
    expected = q[torch.arange(BATCH), HORIZON - LEFT, state]
    expected = expected - expected.amax(1, keepdim=True)
    torch.testing.assert_close(planned.squeeze(-1).float(), expected, atol=1e-5, rtol=1e-5)


def test_it_looks_no_further_than_its_rounds():
    torch.manual_seed(0)
    planner = Planner(2, 1, rounds=2)
    pairs, latest = torch.randn(6, 2), torch.arange(6).expand(2, 6)
    counts, state = torch.zeros(2, 6, 3), torch.tensor([0, 2])
    near, far = (planner(pairs, latest, counts, state, torch.tensor([left] * 2)) for left in (2, 9))
    assert (near != 0).any()
    torch.testing.assert_close(near, far)


def test_compiled_equals_torch_operations_and_so_does_the_gradient():
    """In double precision the reference runs."""
    rng = torch.Generator().manual_seed(1)
    table, latest, counts, state = inputs(rng, 3)
    weight = torch.randn(BATCH, ACTIONS, 3, generator=rng, dtype=torch.float64)
    results = []
    for dtype in (torch.float32, torch.float64):
        rewards = table.to(dtype).requires_grad_()
        planned = plan_steps(rewards, latest, counts.to(dtype), state, LEFT, HORIZON)
        results.append((planned, *torch.autograd.grad((planned * weight).sum(), rewards)))
    for compiled, reference in zip(*results, strict=True):
        assert (compiled != 0).any()
        torch.testing.assert_close(compiled.double(), reference, atol=1e-5, rtol=1e-5)


def test_pairs_that_were_never_tried_share_one_row_and_its_gradient():
    """Of equal maxima torch divides the derivative, the kernel gives it to the first."""
    latest, counts = torch.zeros(2, 6, dtype=torch.int64), torch.zeros(2, 6, 3)
    latest[1, 4] = 1
    state, left = torch.tensor([0, 2]), torch.tensor([3, 3])
    weight = torch.randn(2, 2, 2, generator=torch.Generator().manual_seed(2))
    gradients = []
    for dtype in (torch.float32, torch.float64):
        table = torch.tensor([[0.5, -1.0], [0.7, 2.0]], dtype=dtype, requires_grad=True)
        planned = plan_steps(table, latest, counts.to(dtype), state, left, 3)
        gradients.append(*torch.autograd.grad((planned * weight).sum(), table))
    torch.testing.assert_close(gradients[0].double(), gradients[1], atol=1e-5, rtol=1e-5)


def test_transitions_are_counted_from_the_first_step_of_the_trial():
    """Two trials begin in the rollout; compiled, and in double precision by the reference."""
    rng = torch.Generator().manual_seed(3)
    time, batch, num_pairs = 9, 3, STATES * ACTIONS
    is_first = torch.zeros(time, batch, dtype=torch.bool)
    is_first[4, 0] = is_first[0, 1] = True
    done = torch.rand(time, batch, generator=rng) < 0.3
    pair = torch.randint(num_pairs, (time, batch), generator=rng)
    state = torch.randint(STATES, (time, batch), generator=rng)
    carried = torch.randint(3, (batch, num_pairs, STATES), generator=rng).float()
    timesteps = TimeStep(state, pair % ACTIONS, torch.zeros(time, batch), done, is_first)
    visits = find_visits(pair, is_first, num_pairs)
    expected = torch.empty(time, batch, num_pairs, STATES)
    for b in range(batch):
        now = carried[b].clone()
        for t in range(time):
            if is_first[t, b]:
                now = torch.zeros_like(now)
            elif not done[t, b]:
                now[pair[t, b], state[t, b]] += 1
            expected[t, b] = now
    for dtype in (torch.float32, torch.float64):
        found = observed_transitions(timesteps, pair, visits, carried.to(dtype))
        assert torch.equal(found, expected.to(dtype))
