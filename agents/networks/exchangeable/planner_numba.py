"""Operations of `planner` compiled for a CPU: value iteration, with its derivatives, and counts.

Torch writes out the values of all pairs after each round, and their derivatives again. Here those
of a step stay in the processor's cache.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .rows_numba import ZERO, arrays, compiled

ONE = np.float32(1)


class PlanSteps(torch.autograd.Function):
    """See `planner.plan_steps`."""

    @staticmethod
    def forward(
        ctx: Any, table: Tensor, latest: Tensor, counts: Tensor, state: Tensor, steps: Tensor
    ) -> Tensor:
        """Run forward; save no value."""
        num_states = counts.shape[2]
        advantages = table.new_empty(len(latest), latest.shape[1] // num_states, table.shape[1])
        _plan(*arrays(table, latest, counts, state, steps, advantages))
        ctx.save_for_backward(table, latest, counts, state, steps)
        return advantages

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Run backward; compute the values again. Of equal maxima the first one counts."""
        by_table = torch.zeros_like(ctx.saved_tensors[0])
        _plan_backward(*arrays(*ctx.saved_tensors, *grads, by_table))
        return by_table, None, None, None, None


def count_transitions(
    is_first: Tensor, seen: Tensor, pair: Tensor, state: Tensor, carried: Tensor
) -> Tensor:
    """See `planner.observed_transitions`.

    Args:
        is_first: [T, B]; a trial's first step forgets all counts.
        seen: [T, B]: a transition ends here.
        pair: [T, B]: from which.
        state: [T, B]: in which.
        carried: [B, P, S].

    Returns:
        Counts [T, B, P, S].
    """
    counts = carried.new_empty(*pair.shape, *carried.shape[1:])
    _count(*arrays(is_first, seen, pair, state, carried, counts))
    return counts


@compiled
def _count(is_first, seen, pair, state, carried, counts):
    """Each step's counts are those of the step before and its own transition."""
    for t in range(len(pair)):
        for b in range(pair.shape[1]):
            if is_first[t, b]:
                counts[t, b] = ZERO
            else:
                counts[t, b] = counts[t - 1, b] if t else carried[b]
            if seen[t, b]:
                counts[t, b, pair[t, b], state[t, b]] += ONE


@compiled
def _chances(counts, chance):
    """Posterior means of the transitions of one step, [S, P], from counts [P, S]."""
    num_pairs, num_states = counts.shape
    for p in range(num_pairs):
        total = np.float32(num_states)
        for s in range(num_states):
            total += counts[p, s]
        share = ONE / total
        for s in range(num_states):
            chance[s, p] = (counts[p, s] + ONE) * share


@compiled
def _maxima(q, num_actions, value, argmax):
    """Each state's maximum over its actions, and where it is."""
    for s in range(len(value)):
        first = s * num_actions
        most, where = q[first], first
        for p in range(first + 1, first + num_actions):
            if q[p] > most:
                most, where = q[p], p
        value[s] = most
        argmax[s] = where


@compiled
def _back_up(reward, chance, value, q):
    """One round of one channel: q = reward + chance^T value."""
    for p in range(len(q)):
        q[p] = reward[p]
    for s in range(len(value)):
        v = value[s]
        for p in range(len(q)):
            q[p] += chance[s, p] * v


@compiled
def _plan(table, latest, counts, state, steps, advantages):
    num_steps, num_pairs = latest.shape
    num_states, num_channels = counts.shape[2], table.shape[1]
    num_actions = num_pairs // num_states
    chance = np.empty((num_states, num_pairs), np.float32)
    reward, q = np.empty(num_pairs, np.float32), np.empty(num_pairs, np.float32)
    value, argmax = np.empty(num_states, np.float32), np.empty(num_states, np.int64)
    for n in range(num_steps):
        _chances(counts[n], chance)
        first = state[n] * num_actions
        for c in range(num_channels):
            for p in range(num_pairs):
                reward[p] = q[p] = table[latest[n, p], c]
            for _ in range(steps[n] - 1):
                _maxima(q, num_actions, value, argmax)
                _back_up(reward, chance, value, q)
            most = q[first]
            for p in range(first + 1, first + num_actions):
                most = max(most, q[p])
            for a in range(num_actions):
                advantages[n, a, c] = q[first + a] - most


@compiled
def _plan_backward(table, latest, counts, state, steps, by_advantages, by_table):
    num_steps, num_pairs = latest.shape
    num_states, num_channels = counts.shape[2], table.shape[1]
    num_actions = num_pairs // num_states
    most_rounds = max(1, steps.max())
    chance = np.empty((num_states, num_pairs), np.float32)
    reward, q = np.empty(num_pairs, np.float32), np.empty(num_pairs, np.float32)
    value = np.empty(num_states, np.float32)
    argmax = np.empty((most_rounds, num_states), np.int64)
    by_q = np.empty(num_pairs, np.float32)
    for n in range(num_steps):
        _chances(counts[n], chance)
        first = state[n] * num_actions
        for c in range(num_channels):
            for p in range(num_pairs):
                reward[p] = q[p] = table[latest[n, p], c]
                by_q[p] = ZERO
            for h in range(steps[n] - 1):
                _maxima(q, num_actions, value, argmax[h])
                _back_up(reward, chance, value, q)
            where, total = first, ZERO
            for p in range(first, first + num_actions):
                where = p if q[p] > q[where] else where
                by_q[p] = by_advantages[n, p - first, c]
                total += by_q[p]
            by_q[where] -= total
            for h in range(steps[n] - 2, -1, -1):
                for s in range(num_states):
                    by_value = ZERO
                    for p in range(num_pairs):
                        by_value += chance[s, p] * by_q[p]
                    value[s] = by_value
                for p in range(num_pairs):
                    by_table[latest[n, p], c] += by_q[p]
                    by_q[p] = ZERO
                for s in range(num_states):
                    by_q[argmax[h, s]] = value[s]
            for p in range(num_pairs):
                by_table[latest[n, p], c] += by_q[p]
