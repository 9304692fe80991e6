"""Finite-horizon planning for a batch of MDPs. Pure functions: no argument changes.

Shapes: B MDPs, S states, A actions, T steps. Q values are [B, T, S, A]: expected return from taking
the action at step t and acting optimally afterwards.

Transitions are transposed once, to [B, next, S A]. Multiplying values by that runs along long rows,
which is six times faster on a CPU than the other order.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..core.shapes import Float

Expectation = Callable[[Tensor], Tensor]  # values of next states [B, S] -> [B, 1, S A]


def backward_induction(
    transitions: Float[Tensor, "b s a s"],
    rewards: Float[Tensor, "b s a"],
    horizon: int,
    bonus: Float[Tensor, "b s a"] | None = None,
) -> Float[Tensor, "b t s a"]:
    """Q_t = r + P max_a Q_{t+1}.

    Args:
        transitions: Probability of each next state.
        rewards: Mean rewards.
        horizon: T.
        bonus: Added to Q_t once per step after t, T - 1 - t times.
    """
    transposed = _by_next_state(transitions)
    return _induce(lambda value: value[:, None] @ transposed, rewards, horizon, bonus)


def extended_value_iteration(
    transitions: Float[Tensor, "b s a s"],
    rewards: Float[Tensor, "b s a"],
    width: Float[Tensor, "b s a"],
    horizon: int,
) -> Float[Tensor, "b t s a"]:
    """Optimal Q values over all transitions within `width` of the given ones, in L1.

    Extended value iteration (Jaksch et al. 2010, section 3.1).

    The best transitions move width / 2 of probability from the worst next states to the best one.
    With next states in order of value, c_i the probability of the i worst and d_i the difference in
    value from the i-th to the next, the expectation is V_max - sum_i max(0, c_i - width / 2) d_i.

    Args:
        transitions: Estimated probability of each next state.
        rewards: Mean rewards, with any optimism added.
        width: L1 radius of the confidence set of transitions.
        horizon: T.
    """
    transposed, half = _by_next_state(transitions), width.flatten(1)[:, None] / 2

    def optimistic(value: Tensor) -> Tensor:
        ordered = value.sort(1).values  # [B, S], worst first
        worst = (value[:, None] <= ordered[:, :-1, None]).to(value.dtype)  # [B, S - 1, next]
        excess = (worst @ transposed).sub_(half).clamp_(min=0)  # [B, S - 1, S A]
        return ordered[:, -1:, None] - ordered.diff(dim=1)[:, None] @ excess

    return _induce(optimistic, rewards, horizon, None)


def optimal_value(
    transitions: Float[Tensor, "b s a s"], rewards: Float[Tensor, "b s a"], horizon: int
) -> Float[Tensor, " b"]:
    """Optimal value of an episode from state 0."""
    return backward_induction(transitions, rewards, horizon)[:, 0, 0].amax(-1)


def _induce(
    expectation: Expectation, rewards: Tensor, horizon: int, bonus: Tensor | None
) -> Tensor:
    q = rewards.new_empty(horizon, *rewards.shape)  # steps first: each is then contiguous
    q[-1] = rewards
    for following in range(1, horizon):
        now = q[horizon - 1 - following]
        value = q[horizon - following].amax(-1)
        torch.add(rewards, expectation(value).view(rewards.shape), out=now)
        if bonus is not None:
            now.add_(bonus, alpha=following)
    return q.transpose(0, 1)


def _by_next_state(transitions: Tensor) -> Tensor:
    """[B, S, A, next] as [B, next, S A]."""
    return transitions.flatten(1, 2).transpose(1, 2).contiguous()
