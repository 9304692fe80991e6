"""The recurrence's GPU kernels against the step loop: on a GPU, or else interpreted."""

from importlib.util import find_spec

import pytest
import torch

from agents.recurrence import TrialGRU
from tests.triton_kernels import require_compiled

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SHAPES = {  # time, batch, hidden; units that stay and units that are read anew
    "few units": (9, 6, 7),
    "two programs": (5, 20, 16),
    "resident": (4, 3, 128),
    "two parts": (4, 5, 100),
    "four parts": (3, 3, 200),
}


def build(shape, candidate):
    time, batch, hidden = shape
    torch.manual_seed(0)
    gru = TrialGRU(5, hidden, candidate)
    with torch.no_grad():
        for weight in gru.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    x = torch.randn(time, batch, 5)
    return gru, x, torch.rand(time, batch) < 0.2, torch.randn(batch, hidden)


def outputs_and_gradients(run, gru, x, first, carry):
    x, carry = x.clone().requires_grad_(), carry.clone().requires_grad_()
    states = run(x, first, carry)
    weight = torch.linspace(-1, 1, states.numel(), device=states.device).view_as(states)
    return states, *torch.autograd.grad((states * weight).sum(), (x, carry, *gru.parameters()))


def both(shape, candidate):
    """What the kernels say, and what a loop of steps says."""
    from agents.scan_gpu import GRUScanOnGPU

    gru, *rollout = (part.to(DEVICE) for part in build(shape, candidate))
    weights = (gru.cell.weight_ih, gru.cell.weight_hh, gru.cell.bias_ih, gru.cell.bias_hh)

    def kernels(x, first, carry):
        return GRUScanOnGPU.apply(x, first, carry, *weights, candidate)

    def step_loop(x, first, carry):
        states = []
        for t in range(len(first)):
            carry = gru.step(x[t], first[t], carry)
            states.append(carry)
        return torch.stack(states)

    return [outputs_and_gradients(run, gru, *rollout) for run in (kernels, step_loop)]


def apart(ours, theirs):
    """Distances, in terms of the size of what is right."""
    return [((a - b).norm() / b.norm()).item() for a, b in zip(ours, theirs, strict=True)]


@pytest.fixture
def cut(monkeypatch):
    """Cuts units up as the kernels would, were they made for the given numbers."""

    def set_(resident, chunk):
        from agents import scan_gpu

        monkeypatch.setattr(scan_gpu, "MOST_RESIDENT", resident)
        monkeypatch.setattr(scan_gpu, "CHUNK", chunk)

    return set_


@pytest.mark.skipif(DEVICE.type == "cuda", reason="float32 products are for the interpreter")
@pytest.mark.parametrize("candidate", ["tanh", "relu"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_formulas_are_the_step_loops(shape, candidate, cut, monkeypatch):
    from agents import scan_gpu

    monkeypatch.setattr(scan_gpu, "PRODUCTS", torch.float32)
    cut(resident=64 if shape[2] == 100 else 128, chunk=64)
    assert max(apart(*both(shape, candidate))) < 2e-6


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_rounded_products_are_as_good_as_tf32s(shape, cut):
    cut(resident=64 if shape[2] == 100 else 128, chunk=64)
    assert max(apart(*both(shape, "tanh"))) < 2e-3  # TF32 products are off by 5e-4 each


def test_gradients_through_long_trials():
    assert max(apart(*both((60, 3, 16), "tanh"))) < 2e-3


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type == "cpu", reason="needs a CUDA device")
@pytest.mark.parametrize("candidate", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [128, 256])
def test_long_rollouts_on_a_gpu(hidden, candidate):
    states, *_ = zip(*both((200, 70, hidden), candidate), strict=True)
    assert max(apart(states[:1], states[1:])) < 5e-3


COMPILE = """
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from agents import scan_gpu

for kernel in (scan_gpu.run_forward, scan_gpu.run_backward):
    for size in (128, 256):
        shape = scan_gpu._shape(size)
        options = {name: shape.pop(name) for name in ("num_warps", "num_stages")}
        constants = {**shape, "relu": False}
        names = kernel.arg_names
        types = dict.fromkeys(["num_steps", "batch", "size"], "i32")
        types |= {"first": "*i1", "weight": "*fp16"} | dict.fromkeys(constants, "constexpr")
        signature = {name: types.get(name, "*fp32") for name in names}
        values = {(names.index(name),): value for name, value in constants.items()}
        compiled = compile(ASTSource(kernel, signature, values), GPUTarget("cuda", 90, 32), options)
        assert compiled.asm["cubin"]
        assert compiled.metadata.shared <= 227 << 10, "a multiprocessor has no more"
"""


def test_the_kernels_compile_for_a_gpu_without_one():
    require_compiled(COMPILE)
