"""No memory: the control that shows whether a task needs one.

The output is the input. An agent with it sees the present observation and how its last action went,
and nothing earlier. No operations and no carry.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, fixed
from .base import Memory


@MEMORIES.register("none")
@dataclass
class NoMemorySettings:
    """Settings of an agent without memory; there are none.

    Attributes:
        kind: Its name in `MEMORIES`.
    """

    kind: str = fixed("none")

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return NoMemory(input_size)


class NoMemory(Memory):
    """A memory that passes its input on.

    Args:
        input_size: Features per step.
    """

    reach = 1
    carry_size = 0

    def __init__(self, input_size: int):
        super().__init__()
        self.output_size = input_size

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch features"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        return x, carry

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch features"]:
        """See `Memory.unroll`."""
        return x

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: there is nothing to capture."""
        return device.type == "cuda"
