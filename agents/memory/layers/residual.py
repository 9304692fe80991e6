"""A stack of memories, each in a pre-norm residual block (Xiong et al. 2020).

    u = W x + b
    u = join(u, layer(norm(u)))                   over time: a linear recurrence, or attention
    u = join(u, W_2 relu(W_1 norm(u) + b_1) + b_2)  each step by itself, 2 D units wide
    output: norm(u)

join(u, y) is u + y unless a memory has another. What lies between the layers makes a stack of
linear recurrences more than a linear filter.
"""

from collections.abc import Callable, Sequence
from typing import cast

from torch import Tensor, nn

from ..base import Memory
from .stack import Stack

Join = Callable[[int], nn.Module]


class Sum(nn.Module):
    """The join of a plain residual block.

    Args:
        width: Unused; other joins have weights of that size.
    """

    def __init__(self, width: int):
        super().__init__()

    def forward(self, u: Tensor, y: Tensor) -> Tensor:
        """[..., D], [..., D] to [..., D]."""
        return u + y


class ResidualMemory(Stack):
    """A stack of layers in residual blocks.

    Args:
        input_size: Features per step.
        layers: Memories of equal input and output size, D.
        join: Makes what joins a residual and what is added, from D.
    """

    def __init__(self, input_size: int, layers: Sequence[Memory], join: Join = Sum):
        width = layers[0].output_size
        super().__init__(nn.Linear(input_size, width), layers)
        self.output_size = width
        blocks = nn.ModuleList(_Block(layer, width, join) for layer in layers)
        self.blocks = cast("list[_Block]", blocks)
        self.norm = nn.LayerNorm(width)

    def output(self, u: Tensor) -> Tensor:
        """See `Stack.output`."""
        return self.norm(u)


class _Block(nn.Module):
    """A layer over time and a layer of each step, with what joins them to the residual."""

    def __init__(self, layer: Memory, width: int, join: Join):
        super().__init__()
        self.before_layer, self.layer, self.join_layer = nn.LayerNorm(width), layer, join(width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.join_mlp = join(width)

    def finish(self, u: Tensor, y: Tensor) -> Tensor:
        """The block's output, from its input and its layer's output."""
        u = self.join_layer(u, y)
        return self.join_mlp(u, self.mlp(u))
