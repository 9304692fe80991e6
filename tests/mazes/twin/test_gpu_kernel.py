"""The Triton kernel against the reference: on a GPU, or where there is none interpreted."""

from importlib.util import find_spec

import pytest
import torch
from support.triton_kernels import require_compiled

from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.cpu.state import CopiesOnCpu
from rl2_mazes.mazes.twin.gpu.state import CopiesOnGpu

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
@pytest.mark.parametrize(("movement", "size"), [("walk", (2, 3)), ("grid", (4, 5))])
def test_triton_is_the_reference(movement, size):
    sets = [
        MazeTasks(rooms=2, num_mazes=2, num_starts=2, texture_sets=[0, 1, 2]),
        MazeTasks(rooms=3, num_mazes=2, generator="wilson", loops=0.3, texture_sets=[3, 4, 5]),
    ]
    mazes = MazeSet([maze for tasks in sets for maze in MazeSet.draw(tasks)])
    rules = MazeRules(movement=movement, horizon=7, obs_height=size[0], obs_width=size[1])
    copies = [
        CopiesOnCpu(mazes, rules, len(mazes), "reference"),
        CopiesOnGpu(mazes, rules, len(mazes), DEVICE),
    ]
    tasks, everyone = torch.arange(len(mazes)), torch.ones(len(mazes), dtype=torch.bool)
    devices = [torch.device("cpu"), DEVICE]
    for one, device in zip(copies, devices, strict=True):
        one.set_task(tasks.to(device), everyone.to(device))
        one.reset(everyone.to(device))
    rng = torch.Generator().manual_seed(0)
    same_pixels, ends = [], 0
    forward = 0.8 if movement == "walk" else 0.5
    for _ in range(14):
        action = torch.randint(3, tasks.shape, generator=rng)
        action[torch.rand(tasks.shape, generator=rng) < forward] = 2
        steps = [one.step(action.to(at)) for one, at in zip(copies, devices, strict=True)]
        assert torch.equal(copies[0].poses, copies[1].poses.cpu())
        for field in ("reward", "terminated", "truncated"):
            assert torch.equal(*(getattr(step, field).cpu() for step in steps))
        same_pixels.append((steps[0].obs == steps[1].obs.cpu()).float().mean())
        done = steps[0].terminated | steps[0].truncated
        ends += int(done.sum())
        for one, at in zip(copies, devices, strict=True):
            one.reset(done.to(at))
    assert ends >= len(mazes)
    assert torch.stack(same_pixels).mean() > 0.999


COMPILE = """
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rl2_mazes.mazes.twin.gpu import kernel

types = dict.fromkeys(["mask", "running", "terminated", "truncated"], "*i1")
types |= dict.fromkeys(["pictures", "walls", "wall", "flat"], "*u8")
types |= dict.fromkeys(["reward", "rewards"], "*fp32") | {"flat_distances": "*fp64"}
numbers = ["height", "width", "num_walls", "memory", "obs_height", "obs_width", "horizon"]
types |= dict.fromkeys([*numbers, "most_starts"], "i32")
for kernel, constants in (
    (kernel.begin, {"columns": 64}),
    (kernel.advance, {"columns": 64, "walk": True}),
    (kernel.advance, {"columns": 64, "walk": False}),
):
    names = kernel.arg_names
    types |= dict.fromkeys(constants, "constexpr")
    signature = {name: types.get(name, "*i64") for name in names}
    source = ASTSource(kernel, signature, {(names.index(k),): v for k, v in constants.items()})
    compiled = compile(source, GPUTarget("cuda", 90, 32), {"enable_fp_fusion": False})
    assert compiled.asm["cubin"]
"""


def test_the_kernels_compile_for_a_gpu_without_one():
    require_compiled(COMPILE)
