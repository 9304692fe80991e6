"""The scans of linear recurrences, against a loop in plain steps."""

import pytest
import torch

from rl2_mazes.agents.memory.kernels.linear_scan import LinearScan
from rl2_mazes.agents.memory.kernels.linear_scan_numba import LinearScanOnCPU

TYPES = [torch.float32, torch.complex64]
SCANS = [LinearScan, LinearScanOnCPU]


def inputs(steps, dtype, shape=(3, 5)):
    rng = torch.Generator().manual_seed(steps)
    a, b = (torch.randn(steps, *shape, dtype=dtype, generator=rng) for _ in range(2))
    a = a / a.abs().clamp(min=1)
    a[torch.rand(steps, shape[0], generator=rng) < 0.2] = 0
    before = torch.randn(shape, dtype=dtype, generator=rng)
    return tuple(each.requires_grad_() for each in (a, b, before))


def loop(a, b, before):
    states = []
    for a_now, b_now in zip(a, b, strict=True):
        before = a_now * before + b_now
        states.append(before)
    return torch.stack(states)


def run(scan, given):
    states = scan(*given)
    flat = torch.view_as_real(states) if states.is_complex() else states
    mix = torch.linspace(-1, 1, flat.numel()).view_as(flat)
    return states.detach(), *torch.autograd.grad((flat * mix).sum(), given)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 13])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("scan", SCANS)
def test_equals_a_loop(steps, dtype, scan):
    given = inputs(steps, dtype)
    for ours, theirs in zip(run(scan.apply, given), run(loop, given), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scan", SCANS)
def test_long_scans_keep_their_digits(scan):
    """Factors whose product over the rollout is far below the smallest number, or stays at 1."""
    steps = 5000
    a = torch.tensor([0.5, 0.999, 1.0, 0.0]).expand(steps, 1, 4)
    b = torch.ones(steps, 1, 4)
    last = scan.apply(a, b, torch.ones(1, 4))[-1, 0]
    exact = torch.tensor([2.0, 1000 - 999 * 0.999**steps, 1.0 + steps, 1.0])
    torch.testing.assert_close(last, exact, rtol=1e-4, atol=0)


@pytest.mark.parametrize("scan", SCANS)
def test_more_units_than_a_block(scan):
    given = inputs(4, torch.float32, shape=(3, 400))
    for ours, theirs in zip(run(scan.apply, given), run(loop, given), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
