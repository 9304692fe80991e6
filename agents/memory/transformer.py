"""A transformer over the last steps of the trial, gated as in GTrXL (Parisotto et al. 2020).

    q_t, k_t, v_t = W_q u_t, W_k u_t, W_v u_t        for each head; u is normed (`layers.residual`)
    y_t = W_o sum over s of softmax_s(q_t k_s / sqrt(d)) v_s,   t - window <= s <= t

within the trial. q and k are turned by their step's number in the trial (rotary positions, Su et
al. 2021), so that a score depends on how long ago a step was. A block joins residuals by the
paper's GRU-like gate, equation 4, on relu(y):

    r = sigmoid(W_r y + U_r u)        z = sigmoid(W_z y + U_z u - b)
    g = tanh(W_g y + U_g (r u))       u' = (1 - z) u + z g

with b = 2 at first, which mostly passes u: the paper finds training unstable without.

The carry is a window of keys and values per layer, so that acting computes those of one step. A
layer sees `window` steps back, the stack `layers` times as far; what is further is forgotten.

F inputs, D units, L layers and a window of W cost 2 D (F + 20 D L) + 4 D W L operations a step
(gates 12 of the 20), and L (2 D W + 1) floats of carry.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .layers.residual import ResidualMemory, Sum
from .layers.window import ages, attend

SLOWEST = 10_000.0  # of the rotations' wavelengths, over 2 pi: as in the paper


@MEMORIES.register("transformer")
@dataclass
class TransformerSettings:
    """Settings of the transformer.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Units of each layer.
        layers: Layers.
        heads: Attention heads; `hidden_size` must be an even multiple of it.
        window: Steps that a layer looks back, besides the present one.
        gated: Join residuals by the GTrXL's gates, not by plain sums.
    """

    kind: str = fixed("transformer")
    hidden_size: int = count(52)
    layers: int = count(2)
    heads: int = count(2)
    window: int = count(128)
    gated: bool = True

    def __post_init__(self):
        check(self, "agent.memory")
        if self.hidden_size % (2 * self.heads):
            raise UserError(
                f"agent.memory.hidden_size is {self.hidden_size}; with {self.heads} heads it must "
                f"be a multiple of {2 * self.heads}: rotary positions turn pairs of units"
            )

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        layers = [
            AttentionLayer(self.hidden_size, self.heads, self.window) for _ in range(self.layers)
        ]
        return ResidualMemory(input_size, layers, GRUGate if self.gated else Sum)


class AttentionLayer(Memory):
    """Causal attention within a window. Its carry is the trial's age, then keys and values.

    Args:
        size: Inputs and outputs.
        heads: Attention heads.
        window: Past steps that it attends to.
    """

    def __init__(self, size: int, heads: int, window: int):
        super().__init__()
        self.heads, self.window = heads, window
        self.output_size, self.carry_size, self.reach = size, 1 + 2 * size * window, 1 + window
        self.project = nn.Linear(size, 3 * size, bias=False)
        self.mix = nn.Linear(size, size, bias=False)
        width = size // heads
        turns = SLOWEST ** -torch.arange(0, 1, 2 / width)
        self.turns: Tensor
        self.register_buffer("turns", turns, persistent=False)  # [width / 2], radians a step

    def step(
        self,
        x: Float[Tensor, "batch units"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        carry = carry * ~is_first[:, None]
        age, window = carry[:, 0].clamp(min=0), carry[:, 1:].unflatten(1, (self.window, -1))
        query, row = self._query_and_row(x, age)
        rows = torch.cat((window, row[:, None]), 1).transpose(0, 1)
        output = self._attend(query[None], rows, age[None])[0]
        return output, torch.cat((age[:, None] + 1, rows[1:].transpose(0, 1).flatten(1)), 1)

    def unroll(
        self,
        x: Float[Tensor, "time batch units"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch units"]:
        """See `Memory.unroll`."""
        age = ages(is_first, carry[:, 0].clamp(min=0))
        window = carry[:, 1:].unflatten(1, (self.window, -1))
        queries, rows = self._query_and_row(x, age)
        return self._attend(queries, torch.cat((window.transpose(0, 1), rows)), age)

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: sizes depend on those of the rollout alone."""
        return device.type == "cuda"

    def _query_and_row(self, x: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
        """Queries [..., heads, width], and rows of the window: keys, then values."""
        parts = self.project(x).unflatten(-1, (3, self.heads, -1))
        query, key, value = parts.unbind(-3)
        angle = age[..., None, None] * self.turns
        cos, sin = angle.cos(), angle.sin()
        key = _turn(key, cos, sin)
        return _turn(query, cos, sin), torch.cat((key.flatten(-2), value.flatten(-2)), -1)

    def _attend(self, queries: Tensor, rows: Tensor, age: Tensor) -> Tensor:
        """Outputs, from [T, B, heads, width], [W + T, B, row] and [T, B]."""
        keys, values = rows.unflatten(-1, (2, self.heads, -1)).unbind(-3)
        read = attend(queries, keys, values, age.clamp(max=self.window))
        return self.mix(read.flatten(-2))


class GRUGate(nn.Module):
    """The gate of the module's docstring.

    Args:
        width: Units of the residual.
    """

    def __init__(self, width: int):
        super().__init__()
        self.from_y = nn.Linear(width, 3 * width)  # of r, z, g
        self.from_u = nn.Linear(width, 2 * width, bias=False)  # of r, z
        self.candidate = nn.Linear(width, width, bias=False)
        for weight in (self.from_y.weight, self.from_u.weight, self.candidate.weight):
            nn.init.xavier_uniform_(weight)
        nn.init.zeros_(self.from_y.bias)
        with torch.no_grad():
            self.from_y.bias[width : 2 * width] = -2

    def forward(self, u: Tensor, y: Tensor) -> Tensor:
        """[..., D], [..., D] to [..., D]."""
        r_y, z_y, g_y = self.from_y(y.relu()).chunk(3, -1)
        r_u, z_u = self.from_u(u).chunk(2, -1)
        new = (g_y + self.candidate((r_y + r_u).sigmoid() * u)).tanh()
        return torch.lerp(u, new, (z_y + z_u).sigmoid())


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate pairs of units: the first half with the second."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)
