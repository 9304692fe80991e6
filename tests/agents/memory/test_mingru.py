"""The compiled minGRU against the scan in torch operations."""

import pytest
import torch

from rl2_mazes.agents.memory.mingru import MinGRULayer

TIME, BATCH, FEATURES, UNITS = 12, 3, 5, 21


def run(layer, x, is_first, carry):
    states = layer.unroll(x, is_first, carry)
    mix = torch.linspace(-1, 1, states.numel(), dtype=x.dtype).view_as(states)
    targets = (x, carry, *layer.parameters())
    return states.detach(), *torch.autograd.grad((states * mix).sum(), targets)


@pytest.mark.parametrize("scale", [1, 100])
def test_equals_torch_operations_in_double_precision(scale):
    torch.manual_seed(0)
    layer = MinGRULayer(FEATURES, UNITS, max_span=100)
    x = (torch.randn(TIME, BATCH, FEATURES) * scale).requires_grad_()
    is_first = torch.rand(TIME, BATCH) < 0.2
    carry = torch.randn(BATCH, UNITS, requires_grad=True)
    ours = run(layer, x, is_first, carry)
    exact = [each.detach().double().requires_grad_() for each in (x, carry)]
    theirs = run(layer.double(), exact[0], is_first, exact[1])
    for mine, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, right.float(), rtol=1e-4, atol=1e-5 * scale)
