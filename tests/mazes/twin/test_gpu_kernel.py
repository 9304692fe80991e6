"""The Triton kernel against the reference: on a GPU, or where there is none interpreted."""

from importlib.util import find_spec

import pytest
import torch
from support.triton_kernels import require_compiled
from torch import Tensor

from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.cpu.simulator import CpuSimulator
from rl2_mazes.mazes.twin.gpu.simulator import GpuSimulator

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
interpreted = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")


@pytest.fixture(scope="module")
def mazes() -> MazeSet:
    sets = [
        MazeTasks(rooms=2, num_mazes=2, num_starts=2, texture_sets=[0, 1, 2]),
        MazeTasks(rooms=2, num_mazes=2, num_targets=2, texture_sets=[0, 1, 2]),
        MazeTasks(rooms=3, num_mazes=2, generator="wilson", loops=0.3, texture_sets=[3, 4, 5]),
    ]
    return MazeSet([maze for tasks in sets for maze in MazeSet.draw(tasks)])


def telling_steps(mazes: MazeSet, rules: MazeRules) -> tuple[dict[str, Tensor], Tensor]:
    """States and actions, one of each kind: by action, contact with walls, and end of the episode.

    They are picked from a random play, whose every step is simulated on a CPU.
    """
    env = CpuSimulator(mazes, rules, len(mazes), "numba")
    env.set_task(torch.arange(len(mazes)), torch.ones(len(mazes), dtype=torch.bool))
    env.reset(torch.ones(len(mazes), dtype=torch.bool))
    rng = torch.Generator().manual_seed(0)
    found: dict[tuple, tuple[dict[str, Tensor], int]] = {}
    for _ in range(80):
        before = {name: field.clone() for name, field in env.tensors().items()}
        action = torch.randint(3, (len(mazes),), generator=rng)
        action[torch.rand(len(mazes), generator=rng) < 0.6] = 2
        step = env.step(action)
        bumps = ((rules.step_penalty - step.reward) / 0.001).round().long()
        for b in range(len(mazes)):
            kind = int(action[b]), int(bumps[b]), bool(step.terminated[b]), bool(step.truncated[b])
            found.setdefault(kind, ({name: field[b] for name, field in before.items()}, kind[0]))
        env.reset(step.terminated | step.truncated)
    states = [state for state, _ in found.values()]
    stacked = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    return stacked, torch.tensor([action for _, action in found.values()])


@interpreted
@pytest.mark.parametrize(("movement", "size"), [("walk", (2, 3)), ("grid", (4, 5))])
def test_triton_is_the_reference(mazes, movement, size):
    rules = MazeRules(movement=movement, horizon=20, obs_height=size[0], obs_width=size[1])
    states, actions = telling_steps(mazes, rules)
    assert len(actions) >= {"walk": 10, "grid": 6}[movement]
    steps, poses = [], []
    for simulator, device in (
        (CpuSimulator(mazes, rules, len(actions), "reference"), torch.device("cpu")),
        (GpuSimulator(mazes, rules, len(actions), DEVICE), DEVICE),
    ):
        for name, field in simulator.tensors().items():
            field.copy_(states[name].to(device))
        steps.append(simulator.step(actions.to(device)))
        poses.append(simulator.poses.cpu())
    assert torch.equal(*poses)
    for field in ("reward", "terminated", "truncated"):
        assert torch.equal(*(getattr(step, field).cpu() for step in steps))
    ends = steps[0].terminated, steps[0].truncated, ~steps[0].terminated & ~steps[0].truncated
    assert all(end.any() for end in ends)
    same_pixels = steps[0].obs == steps[1].obs.cpu()
    assert same_pixels.float().mean() > 0.999


@interpreted
def test_episodes_begin_as_in_the_reference(mazes):
    """Episodes 0 and 1 of each maze, by turns; the others keep their state."""
    rules = MazeRules(obs_height=2, obs_width=3)
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    masks = [everyone, torch.arange(len(mazes)) % 2 == 0]
    frames, poses = [], []
    for simulator, device in (
        (CpuSimulator(mazes, rules, len(mazes), "reference"), torch.device("cpu")),
        (GpuSimulator(mazes, rules, len(mazes), DEVICE), DEVICE),
    ):
        simulator.set_task(torch.arange(len(mazes)).to(device), everyone.to(device))
        frames.append([simulator.reset(mask.to(device)).cpu().clone() for mask in masks])
        poses.append(simulator.poses.cpu())
    assert torch.equal(*poses)
    for one, other in zip(*frames, strict=True):
        assert (one == other).float().mean() > 0.999


COMPILE = """
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rl2_mazes.mazes.twin.gpu import kernel

types = dict.fromkeys(["mask", "running", "terminated", "truncated"], "*i1")
types |= dict.fromkeys(["frames", "walls", "wall", "flat"], "*u8")
types |= dict.fromkeys(["reward", "rewards"], "*fp32") | {"flat_distances": "*fp64"}
numbers = ["height", "width", "num_walls", "memory", "obs_height", "obs_width", "horizon"]
types |= dict.fromkeys([*numbers, "most_starts", "most_targets"], "i32")
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
