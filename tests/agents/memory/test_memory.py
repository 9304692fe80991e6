"""The contract of every memory in the registry; a new one is covered by registering it."""

import pytest
import torch

from rl2_mazes.agents.memory.base import Memory, MemorySettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.types import Spaces, TimeStep

TIME, BATCH, FEATURES = 23, 6, 5
# A small memory for the generic implementation, and one large enough for the compiled kernels.
SIZES = (7, 64)

pytestmark = pytest.mark.parametrize(
    ("kind", "size"), [(kind, size) for kind in MEMORIES for size in SIZES]
)


def settings_of(kind: str, size: int) -> MemorySettings:
    settings = MEMORIES.get(kind)(hidden_size=size)
    assert isinstance(settings, MemorySettings)
    assert settings.kind == kind
    return settings


def build(kind: str, size: int) -> Memory:
    torch.manual_seed(0)
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


def test_unroll_is_step_in_a_loop(kind, size):
    memory = build(kind, size)
    x, is_first, carry = inputs(memory)
    unrolled = memory.unroll(x, is_first, carry)
    looped, after = loop(memory, x, is_first, carry)
    close(unrolled, looped)
    assert unrolled.shape == (TIME, BATCH, memory.output_size)
    assert after.shape == (BATCH, memory.carry_size)


def test_gradients_of_unroll_are_those_of_the_loop(kind, size):
    memory = build(kind, size)
    x, is_first, carry = (part.requires_grad_(part.is_floating_point()) for part in inputs(memory))
    weights = list(memory.parameters())
    found = []
    for outputs in (memory.unroll(x, is_first, carry), loop(memory, x, is_first, carry)[0]):
        mix = torch.linspace(-1, 1, outputs.numel()).view_as(outputs)
        found.append(torch.autograd.grad((outputs * mix).sum(), (x, carry, *weights)))
    for ours, theirs in zip(*found, strict=True):
        close(ours / theirs.abs().max(), theirs / theirs.abs().max())


def test_trials_reset_inside_a_rollout(kind, size):
    """From a trial's first step on, neither earlier inputs nor the carry matter."""
    memory = build(kind, size)
    x, is_first, carry = inputs(memory, p_first=0.0)
    is_first[9] = True
    whole = memory.unroll(x, is_first, carry)
    fresh = memory.unroll(x[9:], is_first[9:], torch.zeros_like(carry))
    close(whole[9:], fresh)
    assert not torch.allclose(memory.unroll(x, is_first, -carry)[:9], whole[:9])


def test_the_carry_crosses_rollouts(kind, size):
    memory = build(kind, size)
    x, is_first, carry = inputs(memory)
    whole = memory.unroll(x, is_first, carry)
    _, between = loop(memory, x[:10], is_first[:10], carry)
    close(memory.unroll(x[10:], is_first[10:], between), whole[10:])


def test_scan_is_step_over_packed_sequences(kind, size):
    """The default and any of its own; and where the output is in the carry, `read` finds it."""
    memory, sizes = build(kind, size), [5, 3, 3, 1]
    rng = torch.Generator().manual_seed(2)
    packed = torch.randn(sum(sizes), FEATURES, generator=rng)
    carry = torch.randn(5, memory.carry_size, generator=rng).abs()
    states = memory.scan(packed, carry, sizes)
    close(states, Memory.scan(memory, packed, carry, sizes))
    if memory.is_readable:
        output, after = memory.step(packed[:5], torch.zeros(5, dtype=torch.bool), carry)
        close(memory.read(after), output)
        close(memory.read(states[:5]), output)


def test_an_untouched_memory_is_not_capturable_on_a_cpu(kind, size):
    assert not build(kind, size).is_capturable(torch.device("cpu"))


def test_init_averages(kind, size):
    """Units open at their trigger alone, and keep their value otherwise."""
    torch.manual_seed(0)
    memory = settings_of(kind, size).build(FEATURES)
    units, triggers, sources = torch.tensor([1, 4]), torch.tensor([0, 1]), torch.tensor([2, 3])
    try:
        memory.init_averages(units, triggers, sources, weight=0.3, span=4)
    except UserError:
        pytest.skip(f"{kind} has no such initialisation")
    averages, carry = torch.zeros(2), torch.zeros(1, memory.carry_size)
    for trigger, source in ((0, 0.5), (0, -2.0), (1, 1.0), (0, 1.5)):
        x = torch.zeros(1, FEATURES)
        x[0, trigger], x[0, 2 + trigger] = 1.0, source
        output, carry = memory.step(x, torch.tensor([False]), carry)
        averages[trigger] += (torch.tensor(0.3 * source).tanh() - averages[trigger]) / 4
        torch.testing.assert_close(output[0, units], averages, rtol=2e-3, atol=1e-5)


def test_agents_take_it_by_name(kind, size):
    """Whatever its output and its carry are, the agent's rollout equals its steps."""
    settings = RL2Settings(memory=settings_of(kind, size), separate_value=True)
    agent = RL2Agent(Spaces(3, num_states=4), settings)
    rng = torch.Generator().manual_seed(0)
    timesteps = TimeStep(
        obs=torch.randint(4, (TIME, BATCH), generator=rng),
        prev_action=torch.randint(3, (TIME, BATCH), generator=rng),
        prev_reward=torch.randn(TIME, BATCH, generator=rng),
        prev_done=torch.rand(TIME, BATCH, generator=rng) < 0.2,
        is_first=torch.rand(TIME, BATCH, generator=rng) < 0.2,
    )
    start = carry = torch.randn(agent.initial_carry(BATCH).shape, generator=rng)
    values = []
    for t in range(TIME):
        now = TimeStep(*(field[t] for field in timesteps))
        values.append(agent.predict_value(carry, now))
        _, carry, _ = agent.act(carry, now, rng)
    close(agent(timesteps, start).value.detach(), torch.stack(values))
