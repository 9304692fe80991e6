"""The GRU's Triton kernels against the step loop: on a GPU, or else interpreted."""

from importlib.util import find_spec

import pytest
import torch
from support.triton_kernels import require_compiled

from rl2_mazes.agents.memory.gru import GRUMemory

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
AMPERE, SMALL = 166_912, 101_376  # bytes of shared memory per program, of A100 and RTX 3090
SHAPES = {  # time, batch, hidden, shared memory; resident weights and weights read in parts
    "few units": (9, 6, 7, SMALL),
    "two programs": (5, 20, 16, SMALL),
    "resident": (4, 3, 128, AMPERE),
    "two parts": (4, 5, 100, SMALL),
    "four parts": (3, 3, 200, AMPERE),
    "eight parts": (3, 3, 200, SMALL),
}
FEW = ("resident", "two parts")  # both kinds of products, where the kernels are interpreted


def build(shape, candidate):
    time, batch, hidden = shape
    torch.manual_seed(0)
    gru = GRUMemory(5, hidden, candidate)
    with torch.no_grad():
        for weight in gru.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    x = torch.randn(time, batch, 5)
    return gru, x, torch.rand(time, batch) < 0.2, torch.randn(batch, hidden)


def outputs_and_gradients(run, gru, x, is_first, carry):
    x, carry = x.clone().requires_grad_(), carry.clone().requires_grad_()
    states = run(x, is_first, carry)
    weight = torch.linspace(-1, 1, states.numel(), device=states.device).view_as(states)
    return states, *torch.autograd.grad((states * weight).sum(), (x, carry, *gru.parameters()))


def both(shape, candidate, outgrown=False):
    """Outputs and gradients of the kernels, and of a loop of steps.

    With `outgrown` the carry is large, and the gates, which it would shut, ignore it.
    """
    from rl2_mazes.agents.memory.kernels.gru_triton import GRUScanOnGPU

    gru, *rollout = (part.to(DEVICE) for part in build(shape, candidate))
    if outgrown:
        rollout[-1] *= 1e6
        with torch.no_grad():
            gru.cell.weight_hh[: 2 * shape[2]] = 0.0
    weights = (gru.cell.weight_ih, gru.cell.weight_hh, gru.cell.bias_ih, gru.cell.bias_hh)

    def kernels(x, is_first, carry):
        return GRUScanOnGPU.apply(x, is_first, carry, *weights, candidate)

    def step_loop(x, is_first, carry):
        states = []
        for t in range(len(is_first)):
            state, carry = gru.step(x[t], is_first[t], carry)
            states.append(state)
        return torch.stack(states)

    return [outputs_and_gradients(run, gru, *rollout) for run in (kernels, step_loop)]


def apart(ours, theirs):
    """Relative distances."""
    return [((a - b).norm() / b.norm()).item() for a, b in zip(ours, theirs, strict=True)]


@pytest.fixture
def shape(request, monkeypatch):
    """A shape, tiled as on a GPU with the given shared memory."""
    from rl2_mazes.agents.memory.kernels import gru_triton

    *shape, memory = SHAPES[request.param]
    monkeypatch.setattr(gru_triton, "shared_memory", lambda device: memory)
    return shape


@pytest.mark.skipif(DEVICE.type == "cuda", reason="float32 products are for the interpreter")
@pytest.mark.parametrize(
    ("shape", "candidate"),
    [
        *(("few units", "tanh"), ("two programs", "relu"), ("resident", "relu")),
        *(("two parts", "tanh"), ("four parts", "relu"), ("eight parts", "tanh")),
    ],
    indirect=["shape"],
)
def test_formulas_equal_the_step_loop(shape, candidate, monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    monkeypatch.setattr(gru_triton, "PRODUCTS", torch.float32)
    assert max(apart(*both(shape, candidate))) < 2e-6


@pytest.mark.parametrize("shape", SHAPES if DEVICE.type == "cuda" else FEW, indirect=True)
def test_products_are_as_accurate_as_tf32(shape):
    assert max(apart(*both(shape, "tanh"))) < 2e-3  # TF32 products are off by 5e-4 each


def test_gradients_through_long_trials():
    assert max(apart(*both((60, 3, 16), "tanh"))) < 2e-3


@pytest.mark.parametrize("shape", SHAPES if DEVICE.type == "cuda" else FEW, indirect=True)
def test_relu_states_may_exceed_float16(shape):
    ours, right = both(shape, "relu", outgrown=True)
    assert right[0].abs().max() > torch.finfo(torch.float16).max
    assert max(apart(ours, right)) < 2e-2  # candidates near 0 may change sign


def test_tiling_fits_shared_memory():
    from rl2_mazes.agents.memory.kernels.gru_triton import tiling

    assert tiling(128, AMPERE)["resident"]
    assert tiling(128, SMALL)["chunk"] == 64
    assert [tiling(256, memory)["chunk"] for memory in (AMPERE, SMALL)] == [64, 32]
    assert tiling(512, SMALL)["chunk"] == 16
    with pytest.raises(ValueError, match="1024 units need more"):
        tiling(1024, SMALL)


def test_gpus_without_room_are_recognised(monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    for memory, right in ((0, False), (SMALL, True)):
        monkeypatch.setattr(gru_triton, "shared_memory", lambda device, memory=memory: memory)
        assert gru_triton.fits(128, DEVICE) == right


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type == "cpu", reason="needs a CUDA device")
@pytest.mark.parametrize("candidate", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [128, 256])
def test_long_rollouts_on_a_gpu(hidden, candidate):
    states, *_ = zip(*both((200, 70, hidden), candidate), strict=True)
    assert max(apart(states[:1], states[1:])) < 5e-3


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type == "cpu", reason="needs a CUDA device")
def test_a_gpu_without_room_runs_without_kernels(monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    gru, *rollout = (part.to(DEVICE) for part in build((9, 6, 32), "tanh"))
    roomy = gru.unroll(*rollout)
    monkeypatch.setattr(gru_triton, "shared_memory", lambda device: 0)
    monkeypatch.delattr(gru_triton, "GRUScanOnGPU")
    torch.testing.assert_close(gru.unroll(*rollout), roomy, rtol=0, atol=5e-3)


COMPILE = """
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rl2_mazes.agents.memory.kernels import gru_triton

# Of each GPU one size: weights that stay in shared memory, or the largest part that fits.
for capability, memory, size, relu in (
    (80, 166_912, 128, False), (89, 101_376, 256, True), (90, 232_448, 256, False),
    (120, 101_376, 128, True),
):
    for kernel in (gru_triton.run_forward, gru_triton.run_backward):
        tiles = gru_triton.tiling(size, memory)
        options = {name: tiles.pop(name) for name in ("num_warps", "num_stages")}
        constants = {**tiles, "relu": relu}
        names = kernel.arg_names
        types = dict.fromkeys(["num_steps", "batch", "size"], "i32")
        types |= {"is_first": "*i1", "weight": "*fp16"} | dict.fromkeys(constants, "constexpr")
        signature = {name: types.get(name, "*fp32") for name in names}
        values = {(names.index(name),): value for name, value in constants.items()}
        source, target = ASTSource(kernel, signature, values), GPUTarget("cuda", capability, 32)
        compiled = compile(source, target, options)
        assert compiled.asm["cubin"]
        assert compiled.metadata.shared <= memory, (capability, size, compiled.metadata.shared)
"""


def test_kernels_compile_and_fit_shared_memory():
    require_compiled(COMPILE)
