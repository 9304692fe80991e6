"""The operations of `rows` compiled for a CPU, with their derivatives.

One thread each: a training of this agent needs one core, and a sweep uses the others.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

ZERO = np.float32(0)


def compiled(function: Callable) -> Callable:
    """A kernel of one thread."""
    # Sums may be reordered, so that loops over features vectorise; NaN stays NaN.
    return numba.njit(
        nogil=True,
        cache=True,
        fastmath={"reassoc", "contract"},
        error_model="numpy",
        boundscheck=False,
    )(inspect.unwrap(function))


def arrays(*tensors: Tensor) -> list[np.ndarray]:
    """Tensors as arrays of adjacent rows, without gradients."""
    return [x.detach().contiguous().numpy() for x in tensors]


class PoolRows(torch.autograd.Function):
    """See `rows.pool_rows`."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Run forward; save the row of each maximum."""
        size = (len(index), table.shape[1])
        mean, largest = table.new_empty(size), table.new_empty(size)
        argmax = torch.empty(size, dtype=torch.int32)
        _pool(*arrays(table, index, mean, largest, argmax))
        ctx.save_for_backward(index, argmax)
        ctx.num_rows = len(table)
        return mean, largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        """Run backward; of equal maxima the first one counts."""
        index, argmax = ctx.saved_tensors
        by_table = grads[0].new_zeros(ctx.num_rows, grads[0].shape[1])
        _pool_backward(*arrays(index, argmax, *grads, by_table))
        return by_table, None


class ScoreRows(torch.autograd.Function):
    """See `rows.score_rows`."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Tensor, context: Tensor, weight: Tensor) -> Tensor:
        """Run forward; save no hidden unit."""
        scores = table.new_empty(index.shape)
        _score(*arrays(table, index, context, weight, scores))
        ctx.save_for_backward(table, index, context, weight)
        return scores

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Run backward; compute the hidden units again."""
        table, index, context, weight = ctx.saved_tensors
        by_table, by_context = torch.zeros_like(table), torch.zeros_like(context)
        by_weight = torch.zeros_like(weight)
        out = by_table, by_context, by_weight
        _score_backward(*arrays(table, index, context, weight, *grads, *out))
        return by_table, None, by_context, by_weight


class PoolHidden(torch.autograd.Function):
    """See `rows.pool_hidden`."""

    @staticmethod
    def forward(
        ctx: Any, table: Tensor, index: Tensor, extra: Tensor, weight: Tensor, context: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run forward; save the item of each maximum, -1 if no unit is active."""
        mean, largest = torch.empty_like(context), torch.empty_like(context)
        argmax = torch.empty(context.shape, dtype=torch.int32)
        _hidden(*arrays(table, index, extra, weight, context, mean, largest, argmax))
        ctx.save_for_backward(table, index, extra, weight, context, argmax)
        return mean, largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Run backward; compute the hidden units again."""
        table, index, extra, weight, context, argmax = ctx.saved_tensors
        by_table, by_weight = torch.zeros_like(table), torch.zeros_like(weight)
        by_context = torch.zeros_like(context)
        out = by_table, by_weight, by_context
        saved = table, index, extra, weight, context, argmax
        _hidden_backward(*arrays(*saved, *grads, *out))
        return by_table, None, None, by_weight, by_context


@compiled
def _pool(table, index, mean, largest, argmax):
    num_steps, num_items = index.shape
    share = np.float32(1) / np.float32(num_items)
    for n in range(num_steps):
        total, most, where = mean[n], largest[n], argmax[n]
        row = table[index[n, 0]]
        for f in range(len(row)):
            total[f] = most[f] = row[f]
            where[f] = index[n, 0]
        for k in range(1, num_items):
            row = table[index[n, k]]
            number = np.int32(index[n, k])
            for f in range(len(row)):
                x = row[f]
                total[f] += x
                larger = x > most[f]
                most[f] = x if larger else most[f]
                where[f] = number if larger else where[f]
        for f in range(len(total)):
            total[f] *= share


@compiled
def _pool_backward(index, argmax, by_mean, by_largest, by_table):
    num_steps, num_items = index.shape
    share = np.float32(1) / np.float32(num_items)
    for n in range(num_steps):
        by = by_mean[n]
        for k in range(num_items):
            out = by_table[index[n, k]]
            for f in range(len(by)):
                out[f] += by[f] * share
        for f in range(len(by)):
            by_table[argmax[n, f], f] += by_largest[n, f]


@compiled
def _score(table, index, context, weight, scores):
    num_steps, num_items = index.shape
    for n in range(num_steps):
        shared = context[n]
        for k in range(num_items):
            row = table[index[n, k]]
            total = ZERO
            for w in range(len(weight)):
                x = row[w] + shared[w]
                total += (ZERO if x < ZERO else x) * weight[w]
            scores[n, k] = total


@compiled
def _score_backward(table, index, context, weight, by_scores, by_table, by_context, by_weight):
    num_steps, num_items = index.shape
    for n in range(num_steps):
        shared, by_shared = context[n], by_context[n]
        for k in range(num_items):
            row, by_row, by = table[index[n, k]], by_table[index[n, k]], by_scores[n, k]
            for w in range(len(weight)):
                x = row[w] + shared[w]
                active = x > ZERO
                slope = by * weight[w] if active else ZERO
                by_row[w] += slope
                by_shared[w] += slope
                by_weight[w] += by * x if active else ZERO


@compiled
def _hidden(table, index, extra, weight, context, mean, largest, argmax):
    num_steps, num_items = index.shape
    width = context.shape[1]
    share = np.float32(1) / np.float32(num_items)
    x = np.empty(width, np.float32)
    for n in range(num_steps):
        total, most, where = mean[n], largest[n], argmax[n]
        for w in range(width):
            total[w] = ZERO
            most[w] = ZERO
            where[w] = -1
        for k in range(num_items):
            row = table[index[n, k]]
            for w in range(width):
                x[w] = row[w] + context[n, w]
            for c in range(len(weight)):
                for w in range(width):
                    x[w] += extra[n, k, c] * weight[c, w]
            number = np.int32(k)
            for w in range(width):
                y = ZERO if x[w] < ZERO else x[w]
                total[w] += y
                larger = y > most[w]
                most[w] = y if larger else most[w]
                where[w] = number if larger else where[w]
        for w in range(width):
            total[w] *= share


@compiled
def _hidden_backward(
    table,
    index,
    extra,
    weight,
    context,
    argmax,
    by_mean,
    by_largest,
    by_table,
    by_weight,
    by_context,
):
    num_steps, num_items = index.shape
    width = context.shape[1]
    share = np.float32(1) / np.float32(num_items)
    x = np.empty(width, np.float32)
    slope = np.empty(width, np.float32)
    for n in range(num_steps):
        for k in range(num_items):
            row, by_row = table[index[n, k]], by_table[index[n, k]]
            for w in range(width):
                x[w] = row[w] + context[n, w]
            for c in range(len(weight)):
                for w in range(width):
                    x[w] += extra[n, k, c] * weight[c, w]
            for w in range(width):
                by = by_mean[n, w] * share
                by += by_largest[n, w] if argmax[n, w] == k else ZERO
                slope[w] = by if x[w] > ZERO else ZERO
                by_row[w] += slope[w]
                by_context[n, w] += slope[w]
            for c in range(len(weight)):
                for w in range(width):
                    by_weight[c, w] += extra[n, k, c] * slope[w]
