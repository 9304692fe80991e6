"""The memory: a GRU (Cho et al. 2014) whose state starts from zero at each trial's first step.

    r = sigmoid(W_r x + U_r h + b_r)         how much of the state the candidate sees
    z = sigmoid(W_z x + U_z h + b_z)         how much of the state stays
    n = tanh(W_n x + b_n + r (U_n h + c_n))  the candidate; in the paper's network relu
    h' = n + z (h - n)

Weights and gates lie as in torch's GRU: r, z, n. Learning runs over whole rollouts, with one of
three recurrences that compute the same: `agents.memory.kernels.gru_triton` on CUDA; over trials side by side
(`agents.memory.packing`) `agents.memory.kernels.gru_numba`, compiled; or `agents.memory.kernels.gru_torch`, in torch's operations, which works
everywhere and is what the others are tested against.
"""

import torch
from torch import Tensor, nn

from ...core.kernels import import_kernels
from ...core.shapes import Bool, Float
from .kernels.gru_torch import GRUScan
from .packing import pack_trials


class TrialGRU(nn.Module):
    """A GRU over trials (Duan et al. 2016, 2.2).

    Args:
        input_size: Features a step.
        hidden_size: Units.
        candidate_activation: What makes the candidate of its sum; tanh or relu.
        update_gate_bias: Of z at first; above 0 it mostly keeps what is remembered.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        candidate_activation: str = "tanh",
        update_gate_bias: float = 1.0,
    ):
        super().__init__()
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
        first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "batch hidden"]:
        """One step for every copy; returns the new carry, which is also the output."""
        cell, hidden, size = self.cell, carry * ~first[:, None], carry.shape[1]
        if x.is_cuda and self.candidate_activation == "tanh":
            return cell(x, hidden)  # torch's kernel; on a CPU its cell is slower than what follows
        by_x = nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
        by_h = nn.functional.linear(hidden, cell.weight_hh, cell.bias_hh)
        r, z = (by_x[:, : 2 * size] + by_h[:, : 2 * size]).sigmoid_().chunk(2, 1)
        new = torch.addcmul(by_x[:, 2 * size :], r, by_h[:, 2 * size :])
        return torch.lerp(
            new.tanh() if self.candidate_activation == "tanh" else new.relu(), hidden, z
        )

    def forward(
        self,
        x: Float[Tensor, "time batch features"],
        first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "time batch hidden"]:
        """The same as `step` in a loop, with every trial a sequence of its own."""
        cell = self.cell
        weights = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
        if x.dtype == torch.float32 and self.has_kernels(x.device):
            kernels = import_kernels("rl2_mazes.agents.memory.kernels.gru_triton")
            return kernels.GRUScanOnGPU.apply(x, first, carry, *weights, self.candidate_activation)
        packing = pack_trials(first)
        hidden = carry[packing.copy] * ~first[packing.begin, packing.copy][:, None]
        packed = packing.pack(x)
        scan = self._scan(packed)
        states = scan.apply(packed, hidden, *weights, packing.sizes, self.candidate_activation)
        return packing.unpack(states, len(first))

    def has_kernels(self, device: torch.device) -> bool:
        """Whether a rollout there is a kernel each way. If not, the host sorts trials by length.

        Raises:
            ImportError: They are wanted, and cannot be built here.
        """
        if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
            return False
        return import_kernels("rl2_mazes.agents.memory.kernels.gru_triton").fits(
            self.cell.hidden_size, device
        )

    def _scan(self, x: Tensor) -> type[torch.autograd.Function]:
        """What runs over packed rows."""
        if x.device.type == "cpu" and x.dtype == torch.float32:
            try:
                from .kernels import gru_numba  # here: numba takes a second to import
            except ModuleNotFoundError as error:
                if error.name is None or error.name.split(".")[0] not in ("numba", "llvmlite"):
                    raise
            else:
                if gru_numba.fits(self.cell.hidden_size):
                    return gru_numba.GRUScanOnCPU
        return GRUScan
