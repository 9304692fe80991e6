"""The compiled recurrence against the one in torch's operations."""

import sys

import pytest
import torch

from rl2_mazes.agents.memory import kernels
from rl2_mazes.agents.memory.gru import TrialGRU
from rl2_mazes.agents.memory.kernels.gru_numba import GRUScanOnCPU, fits
from rl2_mazes.agents.memory.kernels.gru_torch import CANDIDATES, GRUScan

HIDDEN, FEATURES = 64, 5
LADDERS = {
    "one trial": [1] * 9,
    "ending anywhere": [11, 11, 9, 8, 8, 5, 4, 4, 3, 1],
    "side by side": [8] * 6,
    "one tick": [6],
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
def test_as_in_torchs_operations(sizes, candidate):
    given = inputs(sizes)
    ours = run(GRUScanOnCPU, given, sizes, candidate)
    theirs = run(GRUScan, given, sizes, candidate)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


def test_threads_change_nothing():
    sizes = LADDERS["ending anywhere"]
    given, before = inputs(sizes), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            # The products between are torch's, and shared out by torch.
            results.append(GRUScanOnCPU.apply(*given, sizes, "tanh"))
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(*results, rtol=1e-6, atol=1e-6)


def test_again_from_what_was_kept():
    sizes = LADDERS["ending anywhere"]
    given = inputs(sizes)
    out = GRUScanOnCPU.apply(*given, sizes, "tanh").sum()
    once = torch.autograd.grad(out, given, retain_graph=True)
    for again, first in zip(torch.autograd.grad(out, given), once, strict=True):
        assert torch.equal(again, first)


@pytest.mark.parametrize("scale", [1, 10, 100, 1000])
def test_as_near_to_float64_as_torchs_operations(scale):
    # Not relu: where its sums are large, whether one is below zero hangs on their order.
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
def test_what_is_not_finite_does_not_go_unnoticed(bad, candidate):
    sizes = [3, 3, 3]
    given = inputs(sizes)
    with torch.no_grad():
        given[0][1] = bad  # of the second trial, at its first tick
    states = GRUScanOnCPU.apply(*given, sizes, candidate)
    theirs = GRUScan.apply(*given, sizes, candidate)
    assert torch.equal(states.isfinite(), theirs.isfinite())
    if bad is torch.nan:
        assert states[[1, 4]].isnan().all()
        assert states[[0, 2, 3, 5]].isfinite().all()


def rollout():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(20, 3, FEATURES, generator=rng)
    first = torch.rand(20, 3, generator=rng) < 0.2
    return x, first, torch.randn(3, HIDDEN, generator=rng)


def test_memories_use_it_and_equal_their_steps():
    gru, (x, first, carry) = TrialGRU(FEATURES, HIDDEN), rollout()
    assert gru._scan(x) is GRUScanOnCPU
    states = gru(x, first, carry)
    for t in range(len(x)):
        carry = gru.step(x[t], first[t], carry)
        torch.testing.assert_close(states[t], carry, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hidden", [7, 32, 66])
def test_other_sizes_and_types_do_without(hidden):
    assert not fits(hidden)
    assert TrialGRU(FEATURES, hidden)._scan(torch.zeros(1, FEATURES)) is GRUScan
    x = torch.zeros(1, FEATURES, dtype=torch.float64)
    assert TrialGRU(FEATURES, HIDDEN)._scan(x) is GRUScan


def test_without_numba_it_goes_on_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "rl2_mazes.agents.memory.kernels.gru_numba")
    monkeypatch.delattr(kernels, "gru_numba")
    assert TrialGRU(FEATURES, HIDDEN)._scan(torch.zeros(1, FEATURES)) is GRUScan
