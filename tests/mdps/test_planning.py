import itertools

import pytest
import torch

from rl2_mazes.mdps.planning import backward_induction, extended_value_iteration, optimal_value
from rl2_mazes.mdps.suite import MDPSuite


def draw(num, states=4, actions=3, seed=0):
    suite = MDPSuite(num_states=states, num_actions=actions)
    return suite.sample(torch.Generator().manual_seed(seed), num)


def by_loops(transitions, rewards, horizon, bonus, expectation):
    """The same Q values of one MDP, one entry at a time."""
    states, actions = rewards.shape
    q = torch.zeros(horizon, states, actions)
    value = torch.zeros(states)
    for t in reversed(range(horizon)):
        for s, a in itertools.product(range(states), range(actions)):
            q[t, s, a] = rewards[s, a] + (horizon - 1 - t) * bonus[s, a]
            q[t, s, a] += expectation(transitions[s, a], s, a, value)
        value = q[t].amax(1)
    return q


def test_backward_induction_agrees_with_loops():
    tasks = draw(3)
    bonus = torch.rand(3, 4, 3)
    q = backward_induction(*tasks, 5, bonus)
    for b in range(3):
        slow = by_loops(
            tasks.transitions[b], tasks.rewards[b], 5, bonus[b], lambda p, s, a, value: p @ value
        )
        torch.testing.assert_close(q[b], slow)


def test_two_states_by_hand():
    # Action 0 stays and earns 1 in state 0; action 1 goes to state 1, where 3 is earned for ever.
    transitions = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]])
    rewards = torch.tensor([[[1.0, 0.0], [3.0, 3.0]]])
    assert backward_induction(transitions, rewards, 1)[0, 0, 0].tolist() == [1, 0]
    assert backward_induction(transitions, rewards, 2)[0, 0, 0].tolist() == [2, 3]
    assert optimal_value(transitions, rewards, 3).tolist() == [6]


def move_to_the_best(p, width, value):
    """Optimistic expectation by moving probability, as Jaksch et al. describe it."""
    p = p.clone()
    order = value.argsort()
    p[order[-1]] = min(1.0, p[order[-1]].item() + width / 2)
    for worst in order:
        excess = p.sum().item() - 1
        if excess > 0:
            p[worst] = max(0.0, p[worst].item() - excess)
    return p @ value


@pytest.mark.parametrize("scale", [0.0, 0.2, 1.0, 3.0])
def test_extended_value_iteration_agrees_with_moving_probability(scale):
    tasks = draw(3, states=5, actions=2)
    width = scale * torch.rand(3, 5, 2)
    q = extended_value_iteration(*tasks, width, 4)
    for b in range(3):
        slow = by_loops(
            tasks.transitions[b],
            tasks.rewards[b],
            4,
            torch.zeros(5, 2),
            lambda p, s, a, value, b=b: move_to_the_best(p, width[b, s, a].item(), value),
        )
        torch.testing.assert_close(q[b], slow)


def test_no_width_is_no_optimism_and_full_width_is_the_best_state():
    tasks = draw(2)
    none = extended_value_iteration(*tasks, torch.zeros(2, 4, 3), 3)
    torch.testing.assert_close(none, backward_induction(*tasks, 3))
    full = extended_value_iteration(*tasks, torch.full((2, 4, 3), 2.0), 2)
    best = tasks.rewards.flatten(1).amax(1)
    torch.testing.assert_close(full[:, 0], tasks.rewards + best[:, None, None])


def test_planning_is_pure():
    tasks = draw(2)
    before = [field.clone() for field in tasks]
    extended_value_iteration(*tasks, torch.ones(2, 4, 3), 3)
    backward_induction(*tasks, 3, torch.ones(2, 4, 3))
    for field, old in zip(tasks, before, strict=True):
        assert torch.equal(field, old)


def test_the_mean_optimal_value_of_the_papers_mdps():
    tasks = MDPSuite().sample(torch.Generator().manual_seed(0), 4000)
    value = optimal_value(*tasks, 10)
    assert value.mean().item() == pytest.approx(21.86, abs=4 * value.std().item() / 4000**0.5)
