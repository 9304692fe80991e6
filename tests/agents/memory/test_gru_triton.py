"""The recurrence's GPU kernels against the step loop: on a GPU, or else interpreted."""

from importlib.util import find_spec

import pytest
import torch
from support.triton_kernels import require_compiled

from rl2_mazes.agents.memory.gru import TrialGRU

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
AMPERE, SMALL = 166_912, 101_376  # bytes of shared memory a program, of an A100 and an RTX 3090
SHAPES = {  # time, batch, hidden, room; units that stay and units that are read anew
    "few units": (9, 6, 7, SMALL),
    "two programs": (5, 20, 16, SMALL),
    "resident": (4, 3, 128, AMPERE),
    "two parts": (4, 5, 100, SMALL),
    "four parts": (3, 3, 200, AMPERE),
    "eight parts": (3, 3, 200, SMALL),
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


def both(shape, candidate, outgrown=False):
    """What the kernels say, and what a loop of steps says.

    An outgrown carry is large, and the gates, which would be shut by it, do not look at it.
    """
    from rl2_mazes.agents.memory.kernels.gru_triton import GRUScanOnGPU

    gru, *rollout = (part.to(DEVICE) for part in build(shape, candidate))
    if outgrown:
        rollout[-1] *= 1e6
        with torch.no_grad():
            gru.cell.weight_hh[: 2 * shape[2]] = 0.0
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


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def shape(request, monkeypatch):
    """A shape, cut up as on a GPU with the given room."""
    from rl2_mazes.agents.memory.kernels import gru_triton

    *shape, room = request.param
    monkeypatch.setattr(gru_triton, "shared_memory", lambda device: room)
    return shape


@pytest.mark.skipif(DEVICE.type == "cuda", reason="float32 products are for the interpreter")
@pytest.mark.parametrize("candidate", ["tanh", "relu"])
def test_the_formulas_are_the_step_loops(shape, candidate, monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    monkeypatch.setattr(gru_triton, "PRODUCTS", torch.float32)
    assert max(apart(*both(shape, candidate))) < 2e-6


def test_rounded_products_are_as_good_as_tf32s(shape):
    assert max(apart(*both(shape, "tanh"))) < 2e-3  # TF32 products are off by 5e-4 each


def test_gradients_through_long_trials():
    assert max(apart(*both((60, 3, 16), "tanh"))) < 2e-3


def test_relu_states_may_leave_float16s_range(shape):
    ours, right = both(shape, "relu", outgrown=True)
    assert right[0].abs().max() > torch.finfo(torch.float16).max
    assert max(apart(ours, right)) < 2e-2  # candidates at 0 may come to lie on its other side


def test_what_a_gpu_has_room_for():
    from rl2_mazes.agents.memory.kernels.gru_triton import cut

    assert cut(128, AMPERE)["resident"]
    assert cut(128, SMALL)["chunk"] == 64
    assert [cut(256, room)["chunk"] for room in (AMPERE, SMALL)] == [64, 32]
    assert cut(512, SMALL)["chunk"] == 16
    with pytest.raises(ValueError, match="1024 units need more"):
        cut(1024, SMALL)


def test_gpus_without_room_are_told_apart(monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    for room, right in ((0, False), (SMALL, True)):
        monkeypatch.setattr(gru_triton, "shared_memory", lambda device, room=room: room)
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
def test_a_gpu_without_room_learns_without_kernels(monkeypatch):
    from rl2_mazes.agents.memory.kernels import gru_triton

    gru, *rollout = (part.to(DEVICE) for part in build((9, 6, 32), "tanh"))
    roomy = gru(*rollout)
    monkeypatch.setattr(gru_triton, "shared_memory", lambda device: 0)
    monkeypatch.delattr(gru_triton, "GRUScanOnGPU")
    torch.testing.assert_close(gru(*rollout), roomy, rtol=0, atol=5e-3)


COMPILE = """
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rl2_mazes.agents.memory.kernels import gru_triton

for capability, room in ((80, 166_912), (89, 101_376), (90, 232_448), (120, 101_376)):
    for kernel in (gru_triton.run_forward, gru_triton.run_backward):
        for size, relu in ((128, False), (256, True)):
            shape = gru_triton.cut(size, room)
            options = {name: shape.pop(name) for name in ("num_warps", "num_stages")}
            constants = {**shape, "relu": relu}
            names = kernel.arg_names
            types = dict.fromkeys(["num_steps", "batch", "size"], "i32")
            types |= {"first": "*i1", "weight": "*fp16"} | dict.fromkeys(constants, "constexpr")
            signature = {name: types.get(name, "*fp32") for name in names}
            values = {(names.index(name),): value for name, value in constants.items()}
            source, target = ASTSource(kernel, signature, values), GPUTarget("cuda", capability, 32)
            compiled = compile(source, target, options)
            assert compiled.asm["cubin"]
            assert compiled.metadata.shared <= room, (capability, size, compiled.metadata.shared)
"""


def test_the_kernels_compile_for_gpus_and_fit_them():
    require_compiled(COMPILE)
