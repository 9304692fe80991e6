"""A stack: memories as layers of one, each in a block that joins it to what is below.

u = input(x)
u = finish(u, layer(before_layer(u)))    block by block, from the bottom
output: output(u)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from ....core.shapes import Bool, Float
from ..base import Memory


class Block(Protocol):
    """A layer of a stack, and what lies around it."""

    @property
    def layer(self) -> Memory:
        """The layer."""
        ...

    @property
    def before_layer(self) -> Callable[[Tensor], Tensor]:
        """Makes the layer's input from the block's."""
        ...

    @property
    def finish(self) -> Callable[[Tensor, Tensor], Tensor]:
        """Makes the block's output from its input and its layer's output."""
        ...


@dataclass(frozen=True)
class PlainBlock:
    """A block without weights of its own. Its layer's input is the block's."""

    layer: Memory
    finish: Callable[[Tensor, Tensor], Tensor]

    def before_layer(self, u: Tensor) -> Tensor:
        """[..., D] to [..., D]."""
        return u


class Stack(Memory):
    """Memories on top of each other. The carry is theirs, one after another.

    A subclass sets `blocks` and `output_size`.

    Args:
        input: Makes what the first block takes, from the stack's input.
        layers: Of the blocks, from the bottom.
    """

    blocks: Sequence[Block]

    def __init__(self, input: nn.Module, layers: Sequence[Memory]):  # noqa: A002
        super().__init__()
        self.sizes = [layer.carry_size for layer in layers]
        self.carry_size, self.reach = sum(self.sizes), reach_of(layers)
        self.input = input

    def output(self, u: Tensor) -> Tensor:
        """The stack's output, from the last block's."""
        return u

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        u, after = self.input(x), []
        for block, part in zip(self.blocks, carry.split(self.sizes, 1), strict=True):
            y, part = block.layer.step(block.before_layer(u), is_first, part)
            u = block.finish(u, y)
            after.append(part)
        return self.output(u), torch.cat(after, 1)

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """See `Memory.unroll`."""
        u = self.input(x)
        for block, part in zip(self.blocks, carry.split(self.sizes, 1), strict=True):
            u = block.finish(u, block.layer.unroll(block.before_layer(u), is_first, part))
        return self.output(u)

    def is_capturable(self, device: torch.device) -> bool:
        """Return whether all layers are."""
        return all(block.layer.is_capturable(device) for block in self.blocks)


def reach_of(layers: Sequence[Memory]) -> int | None:
    """The reach of memories on top of each other."""
    reach = 1
    for layer in layers:
        if layer.reach is None:
            return None
        reach += layer.reach - 1
    return reach
