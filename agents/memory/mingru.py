"""The minGRU memory: gates that do not read the state (Feng et al. 2024, section 3.1).

    k_t = sigmoid(W_k u_t + b_k)             how much of the state stays; the paper's 1 - z
    v_t = W_v u_t + b_v                      candidate
    h_t = k_t h_(t-1) + (1 - k_t) v_t

The first layer's u is the input; the next layers' is the sum of the states below, which is also the
output. The recurrence is linear in h, so that a rollout is a parallel scan (`kernels.linear_scan`;
on a CPU `kernels.mingru_numba`) between large products. What a layer keeps depends on its input
alone, so that only a second one can react to what is remembered. Biases of k begin so that units
span 2 to `max_span` steps.

F inputs, H units and L layers cost 4 H (F + (L - 1) H) operations a step, and L H floats of carry.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .kernels.linear_scan import linear_scan
from .layers.initial import span_biases
from .layers.stack import PlainBlock, Stack


@MEMORIES.register("mingru")
@dataclass
class MinGRUSettings:
    """Settings of the minGRU.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Units of each layer.
        layers: Layers.
        max_span: Steps over which the slowest unit at first forgets; the fastest takes 2.
    """

    init_only: ClassVar[frozenset[str]] = frozenset({"max_span"})

    kind: str = fixed("mingru")
    hidden_size: int = count(160)
    layers: int = count(2)
    max_span: int = count(500, least=2)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return MinGRUMemory(input_size, self.hidden_size, self.layers, self.max_span)


class MinGRUMemory(Stack):
    """A stack of minGRU layers. Its output is the sum of their states.

    Args:
        input_size: Features per step.
        hidden_size: See `MinGRUSettings`, as for the other two.
        layers: See there.
        max_span: See there.
    """

    def __init__(self, input_size: int, hidden_size: int, layers: int, max_span: int):
        inputs = [input_size] + [hidden_size] * (layers - 1)
        stack = [MinGRULayer(size, hidden_size, max_span) for size in inputs]
        super().__init__(nn.Identity(), stack)
        self.output_size = hidden_size
        self.layers = nn.ModuleList(stack)
        joins = [_replace] + [torch.add] * (layers - 1)
        self.blocks = [PlainBlock(*each) for each in zip(stack, joins, strict=True)]

    def read(self, carry: Float[Tensor, "*rows carry"]) -> Float[Tensor, "*rows hidden"]:
        """See `Memory.read`; the output is a sum of states."""
        return carry.unflatten(-1, (-1, self.output_size)).sum(-2)


class MinGRULayer(Memory):
    """One layer. Its output is its state and its carry.

    Args:
        input_size: Features per step.
        size: Units.
        max_span: See `MinGRUSettings`.
    """

    def __init__(self, input_size: int, size: int, max_span: int):
        super().__init__()
        self.output_size = self.carry_size = size
        self.sums = nn.Linear(input_size, 2 * size)
        for part in self.sums.weight.chunk(2):
            nn.init.orthogonal_(part)
        nn.init.zeros_(self.sums.bias)
        with torch.no_grad():
            self.sums.bias[:size] = span_biases(size, max_span)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch units"],
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch units"]]:
        """See `Memory.step`."""
        gate, value = self.sums(x).chunk(2, -1)
        hidden = torch.lerp(value, carry * ~is_first[:, None], gate.sigmoid())
        return hidden, hidden

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch units"],
    ) -> Float[Tensor, "time batch units"]:
        """See `Memory.unroll`."""
        sums = self.sums(x)
        if x.device.type == "cpu" and x.dtype == torch.float32:
            from .kernels.mingru_numba import MinGRUScanOnCPU  # importing numba takes a second

            return MinGRUScanOnCPU.apply(sums, is_first, carry)  # type: ignore[no-any-return]
        gate, value = sums.chunk(2, -1)
        keep = gate.sigmoid()
        return linear_scan(keep, (1 - keep) * value, carry, is_first)

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: the scan takes no count from the device."""
        return device.type == "cuda"


def _replace(u: Tensor, y: Tensor) -> Tensor:
    """[..., D], [..., E] to [..., E]."""
    return y
