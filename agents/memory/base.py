"""The interface of memories and of their settings.

A new memory is one file in this folder, a subclass of `Memory` and its settings, which register
themselves, and one in conf/agent/memory:

    @MEMORIES.register("lstm")
    @dataclass
    class LSTMSettings:
        kind: str = fixed("lstm")
        hidden_size: int = count(128)

        def __post_init__(self):
            check(self, "agent.memory")

        def build(self, input_size: int) -> Memory: ...
"""

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.shapes import Bool, Float


class Memory(nn.Module, ABC):
    """A recurrent layer whose state lives through a trial (Duan et al. 2016, section 2.2).

    The state between two steps is the carry: one row of floats per environment, zero at the start
    of a trial. Only the memory knows what it holds; rollouts, CUDA graphs and checkpoints pass it
    on unchanged. The output may be the carry, a part of it, or neither.

    Attributes:
        output_size: Features per step that `step` and `unroll` return.
        carry_size: Floats per environment in the carry.
        reach: Steps whose inputs an output can depend on, the present one included, if there is
            such a bound.
        takes_bfloat16: Whether `unroll` may run within `runtime.precision.in_bfloat16`. Inputs,
            outputs and carry are float32 there, too.
    """

    output_size: int
    carry_size: int
    reach: int | None = None
    takes_bfloat16: bool = False

    @abstractmethod
    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """Advance every environment by one step.

        Args:
            x: Inputs.
            is_first: First step of a trial: the carry counts as zero.
            carry: Before the step.

        Returns:
            The output, and the carry after the step.
        """

    @abstractmethod
    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """Outputs of `step` over a rollout, differentiable in `x`, `carry` and the weights.

        Args:
            x: Inputs.
            is_first: First steps of trials, anywhere in the rollout.
            carry: Before the first step.
        """

    @property
    def is_readable(self) -> bool:
        """Whether the output of a step is a function of the carry after it: `read` is defined."""
        return type(self).read is not Memory.read

    def read(self, carry: Float[Tensor, "*rows carry"]) -> Float[Tensor, "*rows outputs"]:
        """The output of the step after which the memory holds `carry`; see `is_readable`."""
        raise NotImplementedError(f"{type(self).__name__}: outputs are no function of the carry")

    def scan(
        self,
        packed: Float[Tensor, "rows features"],
        carry: Float[Tensor, "sequences carry"],
        sizes: list[int],
    ) -> Float[Tensor, "rows carry"]:
        """Carries after each row of packed sequences, none of which begins a trial.

        This one is a loop over `step`, for any memory.

        Args:
            packed: Inputs, packed step by packed step.
            carry: Before each sequence.
            sizes: Sequences that reach each packed step; must not rise.
        """
        states = [carry[:0]]
        for x in packed.split(sizes):
            begins = torch.zeros(len(x), dtype=torch.bool, device=x.device)
            _, carry = self.step(x, begins, carry[: len(x)])
            states.append(carry)
        return torch.cat(states)

    def is_capturable(self, device: torch.device) -> bool:
        """Return whether `unroll` on `device` fits into a CUDA graph: the host never waits."""
        return False

    def init_spans(self, most: float) -> None:
        """Initialise units with different spans, where the memory has an update gate.

        Args:
            most: The gate's bias for the longest span; the shortest has 0.
        """


@runtime_checkable
class MemorySettings(Protocol):
    """Settings of a memory: a dataclass that registers itself in `MEMORIES` as `kind`.

    A subclass may declare `init_only`, the names of settings that matter for initial weights alone:
    a warm start may change them.
    """

    kind: str

    def build(self, input_size: int) -> Memory:
        """Build a memory with initial weights.

        Args:
            input_size: Features per step.
        """
        ...


def require_sizes(memory: Memory, output: Tensor, after: Tensor) -> None:
    """Raise unless a step returned as many floats per environment as the memory states.

    Args:
        memory: The memory.
        output: Its output, [B, output_size].
        after: The carry after the step, [B, carry_size].

    Raises:
        UserError: A size differs.
    """
    for what, found, stated in (
        ("carry", after.shape[-1], memory.carry_size),
        ("output", output.shape[-1], memory.output_size),
    ):
        if found != stated:
            raise UserError(
                f"{type(memory).__name__} returned {found} floats per environment as its {what}, "
                f"and {what}_size is {stated}; both must be the same at every step"
            )
