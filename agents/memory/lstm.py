"""The LSTM memory (Hochreiter and Schmidhuber 1997; forget gates, Gers et al. 2000).

    i = sigmoid(W_i x + U_i h + b_i)    input gate
    f = sigmoid(W_f x + U_f h + b_f)    forget gate: how much of the cell stays
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigmoid(W_o x + U_o h + b_o)    output gate
    c' = f c + i g
    h' = o tanh(c')

Weights are laid out as in torch's LSTM: i, f, g, o. Biases of f begin as in Tallec and Ollivier
2018 (section 2), so that cells span 2 to `max_span` steps.

F inputs and H units cost 8 H (F + H) operations a step, and 2 H floats of carry: h, then c.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .layers.initial import span_biases
from .layers.packing import pack_trials


@MEMORIES.register("lstm")
@dataclass
class LSTMSettings:
    """Settings of the LSTM.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Units.
        max_span: Steps over which the slowest cell at first forgets; the fastest takes 2.
    """

    init_only: ClassVar[frozenset[str]] = frozenset({"max_span"})

    kind: str = fixed("lstm")
    hidden_size: int = count(104)
    max_span: int = count(500, least=2)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return LSTMMemory(input_size, self.hidden_size, self.max_span)


class LSTMMemory(Memory):
    """An LSTM. Its output is h; its carry is h and c.

    Args:
        input_size: Features per step.
        hidden_size: Units.
        max_span: See `LSTMSettings`.
    """

    def __init__(self, input_size: int, hidden_size: int, max_span: int):
        super().__init__()
        self.output_size, self.carry_size = hidden_size, 2 * hidden_size
        self.cell = nn.LSTMCell(input_size, hidden_size)
        for weight in (self.cell.weight_ih, self.cell.weight_hh):
            for gate in weight.chunk(4):
                nn.init.orthogonal_(gate)
        nn.init.zeros_(self.cell.bias_ih)
        nn.init.zeros_(self.cell.bias_hh)
        with torch.no_grad():
            biases = span_biases(hidden_size, max_span)
            self.cell.bias_ih.chunk(4)[1].copy_(biases)
            self.cell.bias_ih.chunk(4)[0].copy_(-biases)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        hidden, cell = (carry * ~is_first[:, None]).chunk(2, 1)
        hidden, cell = self.cell(x, (hidden, cell))
        return hidden, torch.cat((hidden, cell), 1)

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch hidden"]:
        """See `Memory.unroll`. On a CPU over packed trials."""
        if x.device.type != "cpu":
            return self._loop(x, is_first, carry)
        packing = pack_trials(is_first)
        before = carry[packing.env] * ~is_first[packing.begin, packing.env][:, None]
        hidden, cell = before.chunk(2, 1)
        own = self.cell
        from_x = nn.functional.linear(packing.pack(x), own.weight_ih, own.bias_ih + own.bias_hh)
        to_gates, size, states = own.weight_hh.T, own.hidden_size, []
        for part in from_x.split(packing.sizes):
            if len(part) < len(hidden):
                hidden, cell = hidden[: len(part)], cell[: len(part)]
            gates = torch.addmm(part, hidden, to_gates)
            i, f = gates[:, : 2 * size].sigmoid().chunk(2, 1)
            g, o = gates[:, 2 * size : 3 * size].tanh(), gates[:, 3 * size :].sigmoid()
            cell = torch.addcmul(i * g, f, cell)
            hidden = o * cell.tanh()
            states.append(hidden)
        return packing.unpack(torch.cat(states), len(x))

    def _loop(self, x: Tensor, is_first: Tensor, carry: Tensor) -> Tensor:
        """Step by step: the host never waits, which packing would make it do."""
        outputs = []
        for x_now, first_now in zip(x, is_first, strict=True):
            output, carry = self.step(x_now, first_now, carry)
            outputs.append(output)
        return torch.stack(outputs)

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA, for the loop over steps."""
        return device.type == "cuda"
