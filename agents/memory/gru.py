"""The GRU memory (Cho et al. 2014), with three implementations of the same recurrence.

    r = sigmoid(W_r x + U_r h + b_r)         reset gate: how much of the state the candidate reads
    z = sigmoid(W_z x + U_z h + b_z)         update gate: how much of the state stays
    n = tanh(W_n x + b_n + r (U_n h + c_n))  candidate state; relu in the paper's network
    h' = n + z (h - n)

Weights and gates are laid out as in torch's GRU: r, z, n. `unroll` runs on CUDA as the Triton
kernels of `kernels.gru_triton`. Elsewhere trials are packed side by side (`layers.packing`), for
the compiled `kernels.gru_numba` or for `kernels.gru_torch`, which is made of torch operations, runs
everywhere and is the reference that tests hold the other two to.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.imports.kernels import import_kernels
from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .kernels.gru_torch import CANDIDATES, GRUScan
from .layers.packing import pack_trials

TRITON = "rl2_mazes.agents.memory.kernels.gru_triton"


@MEMORIES.register("gru")
@dataclass
class GRUSettings:
    """Settings of the GRU.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Units.
        candidate_activation: Of the candidate state: tanh or relu.
        update_gate_bias: Initial bias of the update gate; above 0 the memory at first mostly keeps
            its state.
    """

    init_only: ClassVar[frozenset[str]] = frozenset({"update_gate_bias"})

    kind: str = fixed("gru")
    hidden_size: int = count(128)
    candidate_activation: str = "tanh"
    update_gate_bias: float = 1.0

    def __post_init__(self):
        check(self, "agent.memory")
        if self.candidate_activation not in CANDIDATES:
            raise UserError(
                f"agent.memory.candidate_activation is {self.candidate_activation}; it must be "
                "tanh or relu"
            )

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return GRUMemory(
            input_size, self.hidden_size, self.candidate_activation, self.update_gate_bias
        )


class GRUMemory(Memory):
    """A GRU whose state is both its output and its carry.

    Args:
        input_size: Features per step.
        hidden_size: Units.
        candidate_activation: tanh or relu.
        update_gate_bias: Initial bias of z; above 0 the memory at first mostly keeps its state.
    """

    takes_bfloat16 = True  # where `gru_numba.fits`; other sizes compute in float32

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        candidate_activation: str = "tanh",
        update_gate_bias: float = 1.0,
    ):
        super().__init__()
        self.output_size = self.carry_size = hidden_size
        self.candidate_activation = candidate_activation
        self.cell = nn.GRUCell(input_size, hidden_size)
        nn.init.orthogonal_(self.cell.weight_ih)
        for gate in self.cell.weight_hh.chunk(3):
            nn.init.orthogonal_(gate)
        nn.init.zeros_(self.cell.bias_ih)
        with torch.no_grad():
            self.cell.bias_ih.chunk(3)[1].fill_(update_gate_bias)
        nn.init.zeros_(self.cell.bias_hh)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
        """See `Memory.step`."""
        cell, hidden, size = self.cell, carry * ~is_first[:, None], carry.shape[1]
        if x.is_cuda and self.candidate_activation == "tanh":
            hidden = cell(x, hidden)  # torch's kernel; slower than the operations below on a CPU
            return hidden, hidden
        from_x = nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
        from_h = nn.functional.linear(hidden, cell.weight_hh, cell.bias_hh)
        r, z = (from_x[:, : 2 * size] + from_h[:, : 2 * size]).sigmoid_().chunk(2, 1)
        n = torch.addcmul(from_x[:, 2 * size :], r, from_h[:, 2 * size :])
        n = n.tanh() if self.candidate_activation == "tanh" else n.relu()
        hidden = torch.lerp(n, hidden, z)
        return hidden, hidden

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "time batch hidden"]:
        """See `Memory.unroll`."""
        if x.dtype == torch.float32 and self.is_capturable(x.device):
            scan = import_kernels(TRITON).GRUScanOnGPU
            return scan.apply(x, is_first, carry, *self._weights, self.candidate_activation)
        packing = pack_trials(is_first)
        hidden = carry[packing.env] * ~is_first[packing.begin, packing.env][:, None]
        states = self.scan(packing.pack(x), hidden, packing.sizes)
        return packing.unpack(states, len(is_first))

    def scan(
        self,
        packed: Float[Tensor, "rows features"],
        carry: Float[Tensor, "sequences hidden"],
        sizes: list[int],
    ) -> Float[Tensor, "rows hidden"]:
        """See `Memory.scan`."""
        scan = self._packed_scan(packed)
        return scan.apply(packed, carry, *self._weights, sizes, self.candidate_activation)

    def read(self, carry: Float[Tensor, "*rows hidden"]) -> Float[Tensor, "*rows hidden"]:
        """See `Memory.read`; the state is the output."""
        return carry

    @property
    def _weights(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        cell = self.cell
        return cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh

    def is_capturable(self, device: torch.device) -> bool:
        """Return whether `unroll` on `device` is a Triton kernel each way.

        If not, the host has to read where trials begin in order to pack them.

        Raises:
            ImportError: Triton is missing on a CUDA device.
        """
        if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
            return False
        return import_kernels(TRITON).fits(self.cell.hidden_size, device)

    @torch.no_grad()
    def init_spans(self, most: float) -> None:
        """Torch's own initialisation, with update-gate biases from 0 to `most`."""
        cell = self.cell
        cell.reset_parameters()
        nn.init.zeros_(cell.bias_hh)
        nn.init.zeros_(cell.bias_ih)
        cell.bias_ih.chunk(3)[1].copy_(torch.linspace(0, most, cell.hidden_size))

    def _packed_scan(self, x: Tensor) -> type[torch.autograd.Function]:
        """The implementation for packed rows."""
        if x.device.type == "cpu" and x.dtype == torch.float32:
            from .kernels import gru_numba  # here, because importing numba takes a second

            if gru_numba.fits(self.cell.hidden_size):
                return gru_numba.GRUScanOnCPU
        return GRUScan
