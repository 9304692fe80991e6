"""Build a memory; one from outside the project is checked against the interface first.

A memory whose `unroll` is not its `step` learns from outputs that it never acts on, and whatever it
learns looks like any other figure. Memories of this project have tests instead.
"""

from copy import deepcopy
from typing import Any, NoReturn

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.forms.tensor import misfit
from ...core.registries.registry import is_own
from .base import Memory, MemorySettings, require_sizes

TIME, BATCH = 6, 3
NEAR = 1e-4


class ContractError(UserError):
    """A memory from outside that breaks the interface."""


def build_memory(settings: MemorySettings, input_size: int) -> Memory:
    """Build a memory of the given settings.

    Args:
        settings: Of an entry of `MEMORIES`.
        input_size: Features per step.

    Raises:
        ContractError: A plug-in built no memory, or one that breaks the interface.
    """
    memory = settings.build(input_size)
    if is_own(type(settings)):
        return memory
    name = f"agent/memory={settings.kind}"
    if not isinstance(memory, Memory):
        raise ContractError(
            f"{name}: build returned {type(memory).__name__}; it must return a Memory"
        )
    for size, least in (("output_size", 1), ("carry_size", 0)):
        found = getattr(memory, size, None)
        if type(found) is not int or found < least:
            raise ContractError(
                f"{name}: {size} is {found}; it must be a whole number from {least} on"
            )
    if not torch.empty(0).is_meta:  # with torch.device("meta"), sizes alone are wanted
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            _Check(name, deepcopy(memory)).run(input_size)
    return memory


class _Check:
    """The contract on random inputs, with trials that begin inside the rollout."""

    def __init__(self, name: str, memory: Memory):
        self.name, self.memory = name, memory

    def run(self, input_size: int) -> None:
        rng = torch.Generator().manual_seed(0)
        x = torch.randn(TIME, BATCH, input_size, generator=rng)
        is_first = torch.zeros(TIME, BATCH, dtype=torch.bool)
        is_first[0, 0] = is_first[3, 1] = True
        start = torch.zeros(BATCH, self.memory.carry_size)
        carry, outputs = start, []
        for x_now, first_now in zip(x, is_first, strict=True):
            output, carry = self._step(x_now, first_now, carry.clone())
            outputs.append(output)
        everywhere = torch.ones(BATCH, dtype=torch.bool)
        again = self._step(x[0], everywhere, carry.clone())[0]
        if not _are_close(again, self._step(x[0], everywhere, start.clone())[0]):
            self._fail("where is_first is true, the carry counts as zeros: step must not use it")
        whole = self.memory.unroll(x, is_first, start.clone())
        self._require("unroll's output", whole, (TIME, BATCH, self.memory.output_size))
        far = (whole - torch.stack(outputs)).detach().abs().flatten(1).amax(1)
        if not _are_close(whole, torch.stack(outputs)):
            self._fail(
                "unroll and step must give the same outputs; they differ by up to "
                f"{float(far.max()):.2g}, from step {int((far > NEAR).int().argmax())} on"
            )
        trained = any(weight.requires_grad for weight in self.memory.parameters())
        if trained and not whole.requires_grad:
            self._fail("unroll's output has no gradient; it must be differentiable in the weights")

    def _step(self, x: Tensor, is_first: Tensor, carry: Tensor) -> tuple[Tensor, Tensor]:
        returned = self.memory.step(x, is_first, carry)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            self._fail(f"step returned {type(returned).__name__}; it must return (output, carry)")
        output, after = returned
        for what, each in (("output", output), ("carry", after)):
            size = each.shape[-1] if _is_rows(each) else None
            self._require(f"step's {what}", each, (BATCH, size))
        require_sizes(self.memory, output, after)
        return output, after

    def _require(self, what: str, x: Any, shape: tuple[int | None, ...]) -> None:
        if wrong := misfit(x, shape, torch.float32):
            self._fail(f"{what} is {wrong}")
        if not x.isfinite().all():
            self._fail(f"{what} is NaN or infinite for inputs of unit size")

    def _fail(self, text: str) -> NoReturn:
        raise ContractError(f"{self.name}: {text}")


def _is_rows(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dim() == 2


def _are_close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-3, atol=NEAR)
