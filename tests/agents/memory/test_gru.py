"""The GRU: packed trials against the step loop, and the step against its formula."""

import pytest
import torch
from torch.autograd import gradcheck

from rl2_mazes.agents.memory.gru import GRUMemory
from rl2_mazes.agents.memory.kernels import gru_torch
from rl2_mazes.agents.memory.kernels.gru_torch import GRUScan
from rl2_mazes.agents.memory.layers.packing import pack_trials

CANDIDATES = ("tanh", "relu")


def step_loop(gru, x, is_first, carry):
    """The reference of all implementations."""
    states = []
    for t in range(len(is_first)):
        state, carry = gru.step(x[t], is_first[t], carry)
        states.append(state)
    return torch.stack(states)


def build(p_first, candidate_activation="tanh", time=23, batch=6, features=5, hidden=7):
    """A memory without zero weights, and a rollout in float64."""
    rng = torch.Generator().manual_seed(0)
    gru = GRUMemory(features, hidden, candidate_activation).double()
    with torch.no_grad():
        for weight in gru.parameters():
            weight.add_(torch.randn(weight.shape, generator=rng, dtype=torch.float64) * 0.3)
    x = torch.randn(time, batch, features, generator=rng, dtype=torch.float64)
    is_first = torch.rand(time, batch, generator=rng) < p_first
    carry = torch.randn(batch, hidden, generator=rng, dtype=torch.float64)
    return gru, x.requires_grad_(), is_first, carry.requires_grad_()


def outputs_and_gradients(run, gru, x, is_first, carry):
    states = run(x, is_first, carry)
    weight = torch.linspace(-1, 1, states.numel()).to(states).view_as(states)
    inputs = (x, carry, *gru.parameters())
    return states, *torch.autograd.grad((states * weight).sum(), inputs)


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("p_first", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("chunk_rows", [1, 20, 2048])  # a packed step has 6 and more
def test_scan_equals_the_step_loop(chunk_rows, p_first, candidate, monkeypatch):
    monkeypatch.setattr(gru_torch, "CHUNK_ROWS", chunk_rows)
    gru, x, is_first, carry = build(p_first, candidate)
    fast = outputs_and_gradients(gru.unroll, gru, x, is_first, carry)
    slow = outputs_and_gradients(lambda *a: step_loop(gru, *a), gru, x, is_first, carry)
    for ours, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_on_a_gpu_as_on_the_cpu(candidate):
    gru, x, is_first, carry = build(0.1, candidate)
    here = outputs_and_gradients(gru.unroll, gru, x, is_first, carry)
    gru = gru.cuda()
    there = outputs_and_gradients(
        gru.unroll,
        gru,
        x.detach().cuda().requires_grad_(),
        is_first.cuda(),
        carry.detach().cuda().requires_grad_(),
    )
    for ours, theirs in zip(there, here, strict=True):
        torch.testing.assert_close(ours.cpu(), theirs, rtol=1e-6, atol=1e-8)


def test_trials_of_equal_length():
    gru, x, is_first, carry = build(0.0, time=12)
    is_first[::4] = True
    fast = outputs_and_gradients(gru.unroll, gru, x, is_first, carry)
    slow = outputs_and_gradients(lambda *a: step_loop(gru, *a), gru, x, is_first, carry)
    for ours, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_derivative_is_that_of_finite_differences(candidate):
    torch.manual_seed(0)
    sizes = [3, 3, 2, 1]
    shapes = ((sum(sizes), 2), (3, 3), (9, 2), (9, 3), (9,), (9,))
    inputs = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    assert gradcheck(lambda *a: GRUScan.apply(*a, sizes, candidate), inputs)


def test_backward_can_run_twice():
    gru, x, is_first, carry = build(0.2)
    out = gru.unroll(x, is_first, carry).sum()
    once = torch.autograd.grad(out, x, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(out, x), once, rtol=0, atol=0)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_step_by_hand(candidate):
    gru, x, _, carry = build(0.0, candidate, time=1, batch=1, features=2, hidden=1)
    w, u = gru.cell.weight_ih.detach().numpy(), gru.cell.weight_hh.detach().numpy()[:, 0]
    b, c = gru.cell.bias_ih.detach().numpy(), gru.cell.bias_hh.detach().numpy()
    h, row = carry.item(), x.detach()[0, 0].numpy()

    def sigmoid(a):
        return 1 / (1 + 2.718281828459045 ** (-a))

    r = sigmoid(w[0] @ row + b[0] + u[0] * h + c[0])
    z = sigmoid(w[1] @ row + b[1] + u[1] * h + c[1])
    total = w[2] @ row + b[2] + r * (u[2] * h + c[2])
    n = max(total, 0.0) if candidate == "relu" else 2 * sigmoid(2 * total) - 1
    new, carry_after = gru.step(x[0], torch.tensor([False]), carry)
    assert torch.equal(new, carry_after)
    assert new.item() == pytest.approx((1 - z) * n + z * h, rel=1e-12)


def test_relu_candidate_can_leave_the_unit_interval():
    gru, x, is_first, carry = build(0.0, "relu")
    assert gru.unroll(x * 10, is_first, carry).max() > 1
    gru, x, is_first, carry = build(0.0, "tanh")
    assert gru.unroll(x * 10, is_first, carry.clamp(-1, 1)).abs().max() <= 1


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_gradients_stop_at_a_trials_first_step(candidate):
    gru, x, is_first, carry = build(0.0, candidate, time=4, batch=1)
    is_first[[0, 2]] = True
    by_x, by_carry = torch.autograd.grad(gru.unroll(x, is_first, carry)[3].sum(), (x, carry))
    assert by_x[:2].abs().sum() == 0
    assert by_carry.abs().sum() == 0
    assert (by_x[2:].abs().sum(-1) > 0).all()


def test_packing_by_hand():
    is_first = torch.tensor([[True, False], [False, False], [False, True]])
    packing = pack_trials(is_first)
    # Environment 0 has one trial of 3 steps; 1 continues a trial for 2 steps, then begins another.
    assert packing.sizes == [3, 2, 1]
    assert packing.begin.tolist() == [0, 0, 2]
    assert packing.env.tolist() == [0, 1, 1]
    rows = torch.arange(6.0).view(3, 2, 1)  # step * 2 + environment
    packed = packing.pack(rows)
    assert packed.flatten().tolist() == [0, 1, 5, 2, 3, 4]
    assert (packing.unpack(packed, 3) == rows).all()
