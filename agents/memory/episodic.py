"""An episodic memory: a GRU beside a table of the trial's last steps, read by attention.

    k_t = unit(K x_t)                      key: what was seen at step t
    v_t = V x_t                            value: what came of step t - 1: action, reward, and sight
    row t of the table: (k_(t-1), v_t)
    h_t = GRU(x_t, h_(t-1))
    q_t = unit(K x_t + Q h_t)
    r_t = sum over s of p_s v_s,           p = softmax over rows of (c q_t k_(s-1)), and of 0
    output: h_t, r_t

for each head, unit(k) being k of length 1. An input holds what the last action was and what it
earned, so that a row joins what was seen to what was then done, and earned. Q is zero at first: the
memory begins by recalling what followed when it last saw what it sees now. The 0 stands for nothing
of the kind: an empty table reads zero. c, the sharpness, is learnt. Tables written every step and
read by similarity: Pritzel et al. 2017 (section 2.1), Ritter et al. 2018 (episodic recall beside a
recurrent network in meta-learning).

F inputs, H units, keys and values of D floats and a table of W rows cost
6 H (F + H) + 2 D (2 F + H) + 4 D W operations a step, and H + 1 + D + 2 D (W - 1) floats of carry.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .gru import GRUMemory
from .layers.window import ages, attend

SHARPNESS = 8.0  # of a perfect match's score, at first; e^8 rows of no likeness weigh the same


@MEMORIES.register("episodic")
@dataclass
class EpisodicSettings:
    """Settings of the episodic memory.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Units of the GRU.
        table_size: Floats of a key, and of a value, of all heads.
        heads: Keys of a row, each with a share of the value; `table_size` must be a multiple.
        window: Steps of the trial that the table holds.
    """

    kind: str = fixed("episodic")
    hidden_size: int = count(104)
    table_size: int = count(64)
    heads: int = count(2)
    window: int = count(128, least=2)

    def __post_init__(self):
        check(self, "agent.memory")
        if self.table_size % self.heads:
            raise UserError(
                f"agent.memory.table_size is {self.table_size}; it must be a multiple of "
                f"agent.memory.heads, {self.heads}"
            )

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return EpisodicMemory(
            input_size, self.hidden_size, self.table_size, self.heads, self.window
        )


class EpisodicMemory(Memory):
    """A GRU and a table. The carry: the GRU's state, the trial's age, the last key, the rows.

    Args:
        input_size: Features per step.
        hidden_size: See `EpisodicSettings`, as for the other three.
        table_size: See there.
        heads: See there.
        window: See there.
    """

    def __init__(self, input_size: int, hidden_size: int, table_size: int, heads: int, window: int):
        super().__init__()
        self.gru = GRUMemory(input_size, hidden_size)
        self.heads = heads
        self.sizes = [hidden_size, 1, table_size, 2 * table_size * (window - 1)]
        self.window = window
        self.output_size, self.carry_size = hidden_size + table_size, sum(self.sizes)
        self.key = nn.Linear(input_size, table_size, bias=False)
        self.value = nn.Linear(input_size, table_size, bias=False)
        self.query = nn.Linear(hidden_size, table_size, bias=False)
        nn.init.orthogonal_(self.key.weight)
        nn.init.orthogonal_(self.value.weight)
        nn.init.zeros_(self.query.weight)
        self.sharpness = nn.Parameter(torch.full((heads, 1), SHARPNESS))

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        hidden, age, last_key, table = (carry * ~is_first[:, None]).split(self.sizes, 1)
        age = age.clamp(min=0)
        hidden, _ = self.gru.step(x, is_first, hidden)
        key = self._unit(self.key(x))
        rows = torch.cat((table, last_key, self.value(x)), 1).unflatten(1, (self.window, -1))
        read = self._read(x[None], hidden[None], rows.transpose(0, 1), age.T)[0]
        after = (hidden, age + 1, key, rows[:, 1:].flatten(1))
        return torch.cat((hidden, read), 1), torch.cat(after, 1)

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """See `Memory.unroll`."""
        hidden, age, last_key, table = carry.split(self.sizes, 1)
        hidden = self.gru.unroll(x, is_first, hidden)
        keys = torch.cat((last_key[None], self._unit(self.key(x[:-1]))))
        table = table.unflatten(1, (self.window - 1, -1)).transpose(0, 1)
        rows = torch.cat((table, torch.cat((keys, self.value(x)), -1)))
        age = ages(is_first, age[:, 0].clamp(min=0))
        return torch.cat((hidden, self._read(x, hidden, rows, age)), -1)

    def is_capturable(self, device: torch.device) -> bool:
        """Return whether the GRU is; nothing else waits."""
        return self.gru.is_capturable(device)

    def _read(self, x: Tensor, hidden: Tensor, rows: Tensor, age: Tensor) -> Tensor:
        """Read the table, [T, B, D].

        Args:
            x: [T, B, F].
            hidden: [T, B, H].
            rows: [window - 1 + T, B, 2 D].
            age: [T, B].
        """
        query = self._unit(self.key(x) + self.query(hidden)).unflatten(-1, (self.heads, -1))
        keys, values = rows.unflatten(-1, (2, self.heads, -1)).unbind(-3)
        scale = self.sharpness * keys.shape[-1] ** 0.5  # attention divides by the root
        furthest = (age - 1).clamp(max=self.window - 1)  # the first step's row has no key
        return attend(query * scale, keys, values, furthest, empty_row=True).flatten(-2)

    def _unit(self, keys: Tensor) -> Tensor:
        """Keys of length 1, head by head; near zero shorter, so that gradients stay small."""
        keys = keys.unflatten(-1, (self.heads, -1))
        return (keys * (keys.square().sum(-1, keepdim=True) + 1e-6).rsqrt()).flatten(-2)
