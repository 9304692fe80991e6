"""The minGRU memory: gates that do not read the state (Feng et al. 2024, section 3.1).

    k_t = sigmoid(W_k u_t + b_k)             how much of the state stays; the paper's 1 - z
    v_t = W_v u_t + b_v                      candidate
    h_t = k_t h_(t-1) + (1 - k_t) v_t

The recurrence is linear in h, so that a rollout is a parallel scan (`kernels.linear_scan`) between
large products. What is kept at a step depends on its input alone; layers and their blocks
(`residual`) make up for it. Biases of k begin so that units span 2 to `max_span` steps.

F inputs, D units and L layers cost 2 D (F + 6 D L) operations a step, and L D floats of carry.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .initial import span_biases
from .kernels.linear_scan import linear_scan
from .residual import ResidualMemory


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
    hidden_size: int = count(92)
    layers: int = count(2)
    max_span: int = count(500, least=2)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        layers = [MinGRULayer(self.hidden_size, self.max_span) for _ in range(self.layers)]
        return ResidualMemory(input_size, layers)


class MinGRULayer(Memory):
    """One layer of a minGRU. Its output is its state and its carry.

    Args:
        size: Inputs and units.
        max_span: See `MinGRUSettings`.
    """

    def __init__(self, size: int, max_span: int):
        super().__init__()
        self.output_size = self.carry_size = size
        self.gate_and_value = nn.Linear(size, 2 * size)
        for part in self.gate_and_value.weight.chunk(2):
            nn.init.orthogonal_(part)
        nn.init.zeros_(self.gate_and_value.bias)
        with torch.no_grad():
            self.gate_and_value.bias[:size] = span_biases(size, max_span)

    def step(
        self,
        x: Float[Tensor, "batch units"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch units"],
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch units"]]:
        """See `Memory.step`."""
        keep, value = self._keep_and_value(x)
        hidden = torch.lerp(value, carry * ~is_first[:, None], keep)
        return hidden, hidden

    def unroll(
        self,
        x: Float[Tensor, "time batch units"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch units"],
    ) -> Float[Tensor, "time batch units"]:
        """See `Memory.unroll`."""
        keep, value = self._keep_and_value(x)
        return linear_scan(keep, (1 - keep) * value, carry, is_first)

    def read(self, carry: Float[Tensor, "*rows units"]) -> Float[Tensor, "*rows units"]:
        """See `Memory.read`; the state is the output."""
        return carry

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: the scan takes no count from the device."""
        return device.type == "cuda"

    def _keep_and_value(self, x: Tensor) -> tuple[Tensor, Tensor]:
        gate, value = self.gate_and_value(x).chunk(2, -1)
        return gate.sigmoid(), value
