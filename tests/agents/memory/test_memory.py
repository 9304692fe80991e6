"""The contract of every memory in the registry; a new one is covered by registering it."""

import math
from dataclasses import fields

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.levers import Levers

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.memory.base import Memory, MemorySettings
from rl2_mazes.agents.memory.gru import GRUMemory
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.types import Spaces, TimeStep

TIME, BATCH, FEATURES = 23, 6, 5
# A small memory for the generic implementation, and one large enough for the compiled kernels.
SMALL, LARGE = 8, 64
# Whichever of these a memory has; windows shorter than the rollout.
TINY = {"window": 5, "layers": 2, "heads": 2}

EVERY = pytest.mark.parametrize("kind", list(MEMORIES))
EVERY_SIZE = pytest.mark.parametrize("size", [SMALL, LARGE])


def settings_of(kind: str, size: int = SMALL) -> MemorySettings:
    entry = MEMORIES.get(kind)
    has = {field.name for field in fields(entry)}
    given = {"hidden_size": size, **TINY}
    settings = entry(**{name: given[name] for name in given.keys() & has})
    assert isinstance(settings, MemorySettings)
    assert settings.kind == kind
    return settings


def build(kind: str, size: int = SMALL, seed: int = 0) -> Memory:
    torch.manual_seed(seed)
    memory = settings_of(kind, size).build(FEATURES)
    with torch.no_grad():
        for weight in memory.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    return memory


def inputs(memory, p_first=0.2):
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(TIME, BATCH, FEATURES, generator=rng)
    is_first = torch.rand(TIME, BATCH, generator=rng) < p_first
    return x, is_first, torch.randn(BATCH, memory.carry_size, generator=rng)


def loop(memory, x, is_first, carry):
    """Outputs of `step` in a loop, and the carry after it."""
    outputs = []
    for t in range(len(x)):
        output, carry = memory.step(x[t], is_first[t], carry)
        outputs.append(output)
    return torch.stack(outputs), carry


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def gradients(memory, outputs, x, carry):
    """Of a mix of all outputs, with respect to inputs, carry and weights."""
    mix = torch.linspace(-1, 1, outputs.numel()).view_as(outputs)
    targets = {"x": x, "carry": carry, **dict(memory.named_parameters())}
    found = torch.autograd.grad((outputs * mix).sum(), list(targets.values()), allow_unused=True)
    return dict(zip(targets, found, strict=True))


@EVERY
@EVERY_SIZE
def test_unroll_is_step_in_a_loop(kind, size):
    memory = build(kind, size)
    x, is_first, carry = inputs(memory)
    unrolled = memory.unroll(x, is_first, carry)
    looped, after = loop(memory, x, is_first, carry)
    close(unrolled, looped)
    assert unrolled.shape == (TIME, BATCH, memory.output_size)
    assert after.shape == (BATCH, memory.carry_size)


@EVERY
@EVERY_SIZE
def test_gradients_are_those_of_the_loop_and_reach_everything(kind, size):
    memory = build(kind, size)
    x, is_first, carry = (part.requires_grad_(part.is_floating_point()) for part in inputs(memory))
    unrolled = gradients(memory, memory.unroll(x, is_first, carry), x, carry)
    looped = gradients(memory, loop(memory, x, is_first, carry)[0], x, carry)
    for name, theirs in looped.items():
        if name == "carry" and not memory.carry_size:
            continue
        ours, largest = unrolled[name], theirs.abs().max()
        assert largest > 0, name
        close(ours / largest, theirs / largest)


@EVERY
def test_trials_reset_inside_a_rollout(kind):
    """A trial's outputs are those of a memory that saw nothing before."""
    memory = build(kind)
    x, is_first, carry = inputs(memory, p_first=0.0)
    is_first[9] = True
    whole = memory.unroll(x, is_first, carry)
    fresh = memory.unroll(x[9:], is_first[9:], torch.zeros_like(carry))
    close(whole[9:], fresh)
    if memory.carry_size:
        assert not torch.allclose(memory.unroll(x, is_first, -carry)[:9], whole[:9])


@EVERY
def test_a_zero_carry_is_the_start_of_a_trial(kind):
    memory = build(kind)
    x, is_first, carry = inputs(memory, p_first=0.0)
    continued = memory.unroll(x, is_first, torch.zeros_like(carry))
    is_first[0] = True
    close(memory.unroll(x, is_first, carry), continued)


@EVERY
def test_the_carry_crosses_rollouts(kind):
    memory = build(kind)
    x, is_first, carry = inputs(memory)
    whole = memory.unroll(x, is_first, carry)
    _, between = loop(memory, x[:10], is_first[:10], carry)
    close(memory.unroll(x[10:], is_first[10:], between), whole[10:])


@EVERY
def test_nothing_leaks_across_trials_environments_and_time(kind):
    """Outputs depend on the inputs of their own trial up to then, and exactly on no others."""
    memory = build(kind)
    x, is_first, carry = (
        part.requires_grad_(part.is_floating_point()) for part in inputs(memory, 0)
    )
    is_first[9] = True
    outputs = memory.unroll(x, is_first, carry)
    weights = torch.linspace(1, 2, outputs.shape[-1])
    by_x, by_carry = torch.autograd.grad(
        (outputs[9:15, 2] * weights).sum(), (x, carry), allow_unused=True
    )
    mine = torch.zeros(TIME, BATCH, dtype=torch.bool)
    mine[9:15, 2] = True
    reached = (by_x != 0).any(-1)
    assert not reached[~mine].any()
    assert reached[14, 2]
    assert by_carry is None or not by_carry.any()


@EVERY
def test_windows_forget_exactly_after_their_reach(kind):
    memory = build(kind)
    if memory.reach is None:
        pytest.skip(f"{kind} may remember a whole trial")
    memory.double()  # the furthest input passes through all layers and may matter little
    reach, time = memory.reach, memory.reach + 3
    x = torch.randn(time, BATCH, FEATURES, dtype=torch.float64, requires_grad=True)
    is_first = torch.zeros(time, BATCH, dtype=torch.bool)
    is_first[0] = True
    carry = torch.zeros(BATCH, memory.carry_size, dtype=torch.float64)
    outputs = memory.unroll(x, is_first, carry)
    weights = torch.linspace(1, 2, outputs.shape[-1], dtype=torch.float64)
    (by_x,) = torch.autograd.grad((outputs[-1] * weights).sum(), x)
    assert not by_x[: time - reach].any()
    assert by_x[time - reach].any()


@EVERY
def test_weights_survive_a_file(kind, tmp_path):
    memory, other = build(kind), build(kind, seed=1)
    save_file(memory.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    given = inputs(memory)
    assert torch.equal(other.unroll(*given), memory.unroll(*given))


@EVERY
def test_scan_is_step_over_packed_sequences(kind):
    """The default and any of its own; and where the output is in the carry, `read` finds it."""
    memory, sizes = build(kind), [5, 3, 3, 1]
    rng = torch.Generator().manual_seed(2)
    packed = torch.randn(sum(sizes), FEATURES, generator=rng)
    carry = torch.randn(5, memory.carry_size, generator=rng).abs()
    states = memory.scan(packed, carry, sizes)
    close(states, Memory.scan(memory, packed, carry, sizes))
    if memory.is_readable:
        output, after = memory.step(packed[:5], torch.zeros(5, dtype=torch.bool), carry)
        close(memory.read(after), output)
        close(memory.read(states[:5]), output)


@EVERY
def test_capture_in_a_cuda_graph_is_stated(kind, monkeypatch):
    """Never on a CPU. If on CUDA, its code there needs no value from the device.

    Tensors of the device `meta` have none: reading one raises. The GRU's kernels have tests of
    their own.
    """
    monkeypatch.setattr(GRUMemory, "is_capturable", lambda self, device: device.type == "cuda")
    monkeypatch.setattr(GRUMemory, "unroll", lambda self, *given: loop(self, *given)[0])
    memory = build(kind)
    assert not memory.is_capturable(torch.device("cpu"))
    if not memory.is_capturable(torch.device("cuda")):
        pytest.skip(f"{kind} is not captured")
    x, is_first, carry = (each.to("meta") for each in inputs(memory))
    memory.to("meta").unroll(x.requires_grad_(), is_first, carry).sum().backward()


@EVERY
def test_agents_take_it(kind):
    """Whatever its output and its carry are, the agent's rollout equals its steps."""
    settings = RL2Settings(memory=settings_of(kind), separate_value=True)
    torch.manual_seed(0)
    agent = RL2Agent(Spaces(3, num_states=4), settings)
    rng = torch.Generator().manual_seed(0)
    timesteps = TimeStep(
        obs=torch.randint(4, (TIME, BATCH), generator=rng),
        prev_action=torch.randint(3, (TIME, BATCH), generator=rng),
        prev_reward=torch.randn(TIME, BATCH, generator=rng),
        prev_done=torch.rand(TIME, BATCH, generator=rng) < 0.2,
        is_first=torch.rand(TIME, BATCH, generator=rng) < 0.2,
    )
    start = carry = torch.rand(agent.initial_carry(BATCH).shape, generator=rng)
    values = []
    for t in range(TIME):
        now = TimeStep(*(field[t] for field in timesteps))
        values.append(agent.predict_value(carry, now))
        _, carry, _ = agent.act(carry, now, rng)
    close(agent(timesteps, start).value.detach(), torch.stack(values))


@EVERY
def test_ppo_trains_it(kind):
    """An iteration of PPO through the agent changes its weights, and they stay finite."""
    levers = Levers(num_envs=8, settings=RL2Settings(dense_size=8, memory=settings_of(kind)))
    before = {name: weight.clone() for name, weight in levers.agent.named_parameters()}
    levers(3)  # the next rollout begins inside trials
    metrics = PPOSettings().build(levers.agent, seed=0).update(levers(8))
    assert all(math.isfinite(value) for value in metrics.values())
    after = dict(levers.agent.named_parameters())
    assert all(weight.isfinite().all() for weight in after.values())
    mine = [name for name in after if name.startswith("memory.")]
    assert not mine or any(not torch.equal(after[name], before[name]) for name in mine)
