"""The compiled GRU against the one in torch operations."""

import pytest
import torch

from rl2_mazes.agents.memory.gru import GRUMemory
from rl2_mazes.agents.memory.kernels.gru_numba import GRUScanOnCPU, fits
from rl2_mazes.agents.memory.kernels.gru_torch import CANDIDATES, GRUScan

HIDDEN, FEATURES = 64, 5
LADDERS = {
    "one trial": [1] * 9,
    "ending anywhere": [11, 11, 9, 8, 8, 5, 4, 4, 3, 1],
    "side by side": [8] * 6,
    "one step": [6],
}


def inputs(sizes, seed=0):
    rng = torch.Generator().manual_seed(seed)
    h = HIDDEN
    shapes = [(sum(sizes), FEATURES), (sizes[0], h), (3 * h, FEATURES), (3 * h, h), (3 * h,)]
    scales = (1.0, 1.0, 0.5, 0.2, 0.3, 0.3)
    return [
        (torch.randn(shape, generator=rng) * scale).requires_grad_()
        for shape, scale in zip([*shapes, shapes[-1]], scales, strict=True)
    ]


def run(scan, given, sizes, candidate):
    states = scan.apply(*given, sizes, candidate)
    weight = torch.linspace(-1, 1, states.numel()).view_as(states)
    return states.detach(), *torch.autograd.grad((states * weight).sum(), given)


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("sizes", LADDERS.values(), ids=LADDERS)
def test_equals_torch_operations(sizes, candidate):
    given = inputs(sizes)
    ours = run(GRUScanOnCPU, given, sizes, candidate)
    theirs = run(GRUScan, given, sizes, candidate)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


def test_the_number_of_threads_changes_nothing():
    sizes = LADDERS["ending anywhere"]
    given, before = inputs(sizes), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            # The products between are torch's, which splits them by threads.
            results.append(GRUScanOnCPU.apply(*given, sizes, "tanh"))
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(*results, rtol=1e-6, atol=1e-6)


def test_backward_can_run_twice():
    sizes = LADDERS["ending anywhere"]
    given = inputs(sizes)
    out = GRUScanOnCPU.apply(*given, sizes, "tanh").sum()
    once = torch.autograd.grad(out, given, retain_graph=True)
    for again, before in zip(torch.autograd.grad(out, given), once, strict=True):
        assert torch.equal(again, before)


@pytest.mark.parametrize("scale", [1, 10, 100, 1000])
def test_as_accurate_as_torch_operations(scale):
    # Not relu: of large sums, rounding decides which are below zero.
    sizes, candidate = LADDERS["ending anywhere"], "tanh"
    given = inputs(sizes)
    with torch.no_grad():
        given[0].mul_(scale)
    ours = run(GRUScanOnCPU, given, sizes, candidate)
    theirs = run(GRUScan, given, sizes, candidate)
    exact = run(GRUScan, [x.detach().double().requires_grad_() for x in given], sizes, candidate)
    for mine, other, right in zip(ours, theirs, exact, strict=True):
        allowed = 10 * (other - right).abs().max() + 1e-6 * right.abs().max()
        assert (mine - right).abs().max() <= allowed


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_nan_and_infinity_propagate(bad, candidate):
    sizes = [3, 3, 3]
    given = inputs(sizes)
    with torch.no_grad():
        given[0][1] = bad  # second trial, first step
    states = GRUScanOnCPU.apply(*given, sizes, candidate)
    theirs = GRUScan.apply(*given, sizes, candidate)
    assert torch.equal(states.isfinite(), theirs.isfinite())
    if bad is torch.nan:
        assert states[[1, 4]].isnan().all()
        assert states[[0, 2, 3, 5]].isfinite().all()


def test_memories_use_it():
    assert GRUMemory(FEATURES, HIDDEN)._packed_scan(torch.zeros(1, FEATURES)) is GRUScanOnCPU


@pytest.mark.parametrize("hidden", [7, 24, 66])
def test_other_sizes_and_types_use_torch_operations(hidden):
    assert not fits(hidden)
    assert GRUMemory(FEATURES, hidden)._packed_scan(torch.zeros(1, FEATURES)) is GRUScan
    x = torch.zeros(1, FEATURES, dtype=torch.float64)
    assert GRUMemory(FEATURES, HIDDEN)._packed_scan(x) is GRUScan
