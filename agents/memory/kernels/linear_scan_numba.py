"""The scan of `kernels.linear_scan` compiled for a CPU: step by step, on one thread.

A step is one multiplication and one addition a unit, so that reading and writing are the work.
Blocks of units go through all steps one after another; their states stay in the first-level cache.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

BLOCK = 512  # units of all environments


class LinearScanOnCPU(torch.autograd.Function):
    """`kernels.linear_scan.LinearScan` in float32 and complex64."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, before: Tensor) -> Tensor:
        """Run forward; save factors, and states from the one before the first step on."""
        a, b, states = a.contiguous(), b.contiguous(), b.new_empty(1 + len(b), *b.shape[1:])
        states[0] = before
        forward, _ = _kernels()
        _run(forward, a, b, states)
        ctx.save_for_backward(a, states)
        return states[1:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run backward."""
        a, states = ctx.saved_tensors
        by_a, by_b, by_before = torch.empty_like(a), torch.empty_like(a), torch.zeros_like(a[0])
        _, backward = _kernels()
        _run(backward, a, states, grads[0].contiguous(), by_a, by_b, by_before[None])
        return by_a, by_b, by_before


def _run(kernel: Callable, *arrays: Tensor) -> None:
    """Call a kernel with a row of units per step."""
    kernel(*(x.detach().resolve_conj().flatten(1).numpy() for x in arrays))


@functools.cache
def _kernels() -> tuple[Callable, Callable]:
    """The forward and the backward kernel, compiled by type and cached on disk."""
    compiled = numba.njit(
        nogil=True, cache=True, fastmath={"contract"}, error_model="numpy", boundscheck=False
    )
    return compiled(inspect.unwrap(_forward)), compiled(inspect.unwrap(_backward))


def _forward(a, b, states):
    steps, units = b.shape
    for block in range((units + BLOCK - 1) // BLOCK):
        begin, end = block * BLOCK, min(units, (block + 1) * BLOCK)
        for t in range(steps):
            for j in range(begin, end):
                states[t + 1, j] = a[t, j] * states[t, j] + b[t, j]


def _backward(a, states, grad, by_a, by_b, by_before):
    steps, units = a.shape
    for block in range((units + BLOCK - 1) // BLOCK):
        begin, end = block * BLOCK, min(units, (block + 1) * BLOCK)
        for t in range(steps - 1, -1, -1):
            for j in range(begin, end):
                now = grad[t, j] + by_before[0, j]
                by_b[t, j] = now
                by_a[t, j] = now * np.conj(states[t, j])
                by_before[0, j] = now * np.conj(a[t, j])
