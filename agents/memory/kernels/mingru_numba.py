"""The recurrence of `agents.memory.mingru` compiled for a CPU, with its gate and its derivative.

Between the large products, passes over memory are the work. As operations of torch, gate,
candidate, scan and their derivatives take a dozen; here they are one pass each way, step by step.
The backward pass computes the gate again instead of reading it.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

from .gru_numba import _sigmoid as sigmoid

ONE = np.float32(1)


class MinGRUScanOnCPU(torch.autograd.Function):
    """A rollout in float32.

    Args (of `apply`):
        sums: Of the gate, before its sigmoid, then candidates: [T, B, 2 H].
        is_first: [T, B] bool.
        before: State before the first step, [B, H].

    Returns:
        States after each step, [T, B, H].
    """

    @staticmethod
    def forward(ctx: Any, sums: Tensor, is_first: Tensor, before: Tensor) -> Tensor:
        """Run forward; save sums, and states from the one before the first step on."""
        sums, states = sums.contiguous(), sums.new_empty(1 + len(sums), *before.shape)
        states[0] = before
        forward, _ = _kernels()
        _run(forward, sums, is_first, states)
        ctx.save_for_backward(sums, is_first, states)
        return states[1:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor]:
        """Run backward."""
        sums, is_first, states = ctx.saved_tensors
        by_sums, by_state = torch.empty_like(sums), torch.zeros_like(states[0])
        _, backward = _kernels()
        _run(backward, sums, is_first, states, grads[0].contiguous(), by_sums, by_state)
        return by_sums, None, by_state


def _run(kernel: Callable, *arrays: Tensor) -> None:
    kernel(*(x.detach().numpy() for x in arrays))


@functools.cache
def _kernels() -> tuple[Callable, Callable]:
    """The forward and the backward kernel, cached on disk."""
    compiled = numba.njit(
        nogil=True, cache=True, fastmath={"contract"}, error_model="numpy", boundscheck=False
    )
    return compiled(inspect.unwrap(_forward)), compiled(inspect.unwrap(_backward))


def _forward(sums, is_first, states):
    steps, batch, _ = sums.shape
    size = states.shape[2]
    for t in range(steps):
        for b in range(batch):
            stays = np.float32(not is_first[t, b])
            gate, value = sums[t, b, :size], sums[t, b, size:]
            before, after = states[t, b], states[t + 1, b]
            for j in range(size):
                after[j] = value[j] + sigmoid(gate[j]) * (stays * before[j] - value[j])


def _backward(sums, is_first, states, grad, by_sums, by_state):
    steps, batch, _ = sums.shape
    size = states.shape[2]
    for t in range(steps - 1, -1, -1):
        for b in range(batch):
            stays = np.float32(not is_first[t, b])
            gate, value = sums[t, b, :size], sums[t, b, size:]
            by_gate, by_value = by_sums[t, b, :size], by_sums[t, b, size:]
            before, now, carried = states[t, b], grad[t, b], by_state[b]
            for j in range(size):
                keep = sigmoid(gate[j])
                total = now[j] + carried[j]
                by_value[j] = total * (ONE - keep)
                change = stays * before[j] - value[j]
                by_gate[j] = total * change * keep * (ONE - keep)
                carried[j] = total * keep * stays
