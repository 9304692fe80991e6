"""A memory from outside that breaks the interface is refused before it is trained."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from rl2_mazes.agents.memory.base import Memory
from rl2_mazes.agents.memory.contract import build_memory
from rl2_mazes.agents.memory.gru import GRUMemory, GRUSettings
from rl2_mazes.core.errors import UserError

INPUTS, UNITS = 4, 5


class Elman(Memory):
    def __init__(self):
        super().__init__()
        self.output_size = self.carry_size = UNITS
        self.cell = nn.RNNCell(INPUTS, UNITS)

    def step(self, x, is_first, carry):
        hidden = self.cell(x, carry * ~is_first[:, None])
        return hidden, hidden

    def unroll(self, x, is_first, carry):
        outputs = []
        for x_now, first_now in zip(x, is_first, strict=True):
            output, carry = self.step(x_now, first_now, carry)
            outputs.append(output)
        return torch.stack(outputs)


@dataclass
class Settings:
    made: object
    kind: str = "mine"

    def build(self, input_size):
        return self.made


def breaking(**changes):
    """An Elman network in which some members are others."""
    memory = Elman()
    for name, value in changes.items():
        setattr(memory, name, value.__get__(memory) if callable(value) else value)
    return memory


def without_resets(self, x, is_first, carry):
    hidden = self.cell(x, carry)
    return hidden, hidden


def late_resets(self, x, is_first, carry):
    return Elman.unroll(self, x, is_first.roll(1, 0), carry)


STEP = Elman.step
UNROLL = Elman.unroll
BROKEN = {
    "no memory": (None, "build returned NoneType; it must return a Memory"),
    "another module": (nn.Linear(2, 2), "build returned Linear; it must return a Memory"),
    "no size": (breaking(carry_size=None), "carry_size is None; it must be a whole number from 0"),
    "a size of floats": (breaking(output_size=5.0), "output_size is 5.0; it must be a whole numb"),
    "no output": (breaking(output_size=0), "output_size is 0; it must be a whole number from 1"),
    "one result": (
        breaking(step=lambda self, *x: STEP(self, *x)[0]),
        "step returned Tensor; it must return (output, carry)",
    ),
    "a text": (
        breaking(step=lambda self, *x: ("x", STEP(self, *x)[1])),
        "step's output is str; it must be a tensor",
    ),
    "double precision": (
        breaking(
            step=lambda self, x, first, carry: (STEP(self, x, first, carry)[0], carry.double())
        ),
        "step's carry is [3, 5] of torch.float64; it must be a tensor [3, 5] of torch.float32",
    ),
    "a growing carry": (
        breaking(step=lambda self, *x: (STEP(self, *x)[0], torch.zeros(3, 6))),
        "Elman returned 6 floats per environment as its carry, and carry_size is 5",
    ),
    "no resets": (
        breaking(step=without_resets),
        "where is_first is true, the carry counts as zeros: step must not use it",
    ),
    "another unroll": (
        breaking(unroll=lambda self, *x: 1 + UNROLL(self, *x)),
        "unroll and step must give the same outputs; they differ by up to 1, from step 0 on",
    ),
    "resets a step late": (
        breaking(unroll=late_resets),
        "unroll and step must give the same outputs; they differ by up to",
    ),
    "a short rollout": (
        breaking(unroll=lambda self, *x: UNROLL(self, *x)[1:]),
        "unroll's output is [5, 3, 5] of torch.float32; "
        "it must be a tensor [6, 3, 5] of torch.float32",
    ),
    "NaN": (
        breaking(unroll=lambda self, *x: UNROLL(self, *x) * torch.nan),
        "unroll's output is NaN or infinite for inputs of unit size",
    ),
    "no gradient": (
        breaking(unroll=lambda self, *x: UNROLL(self, *x).detach()),
        "unroll's output has no gradient; it must be differentiable in the weights",
    ),
}


@pytest.mark.parametrize(("memory", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_memory_is_named(memory, message):
    with pytest.raises(UserError) as raised:
        build_memory(Settings(memory), INPUTS)
    assert message in str(raised.value)


def test_a_memory_that_keeps_the_interface_is_built_as_it_is():
    memory = Elman()
    weights = {name: x.clone() for name, x in memory.state_dict().items()}
    torch.manual_seed(0)
    assert build_memory(Settings(memory), INPUTS) is memory
    assert torch.equal(torch.rand(1), torch.rand(1, generator=torch.Generator().manual_seed(0)))
    for name, x in memory.state_dict().items():
        assert torch.equal(x, weights[name])
    with torch.device("meta"):
        assert isinstance(build_memory(Settings(Elman()), INPUTS), Elman)
    assert isinstance(build_memory(GRUSettings(hidden_size=3), INPUTS), GRUMemory)


class Echo(Memory):
    """No weights, and no carry."""

    output_size, carry_size = INPUTS, 0

    def step(self, x, is_first, carry):
        return x, carry

    def unroll(self, x, is_first, carry):
        return x


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_one_without_weights_is_built_too(device):
    with torch.device(device):
        assert isinstance(build_memory(Settings(Echo()), INPUTS), Echo)
