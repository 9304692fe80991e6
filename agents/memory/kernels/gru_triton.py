"""The GRU of `agents.memory.gru` over a rollout as two Triton kernels, see `gru_triton_kernels`.

Whatever does not depend on the step before is left to large products: the inputs' part of the
gates before the kernels, and the gradients of weights and inputs after them. Recurrent weights of
up to 128 units stay in shared memory if they fit (`tiling`). Others are read again at each step,
some units at a time.
"""

# Triton's types are not Python's: a constexpr parameter takes a plain number.
# pyright: reportArgumentType=false

from functools import cache
from typing import Any

import torch
import triton  # pyright: ignore[reportMissingImports]
from torch import Tensor, nn

from .gru_triton_kernels import run_backward, run_forward

ROWS = 16  # environments of a program; the smallest tile of tensor cores
MOST_RESIDENT = 128  # units whose weights may stay in shared memory
CHUNKS = (64, 32, 16)  # units at a time otherwise
OLDEST = 8  # compute capability; before Ampere, products take more memory than `tiling` counts
PRODUCTS = torch.float16


@cache
def shared_memory(device: torch.device) -> int:
    """Bytes of shared memory that a program may use; 0 on a GPU too old for these kernels."""
    if device.type != "cuda":
        return 1 << 30  # the interpreter has no limit
    properties = torch.cuda.get_device_properties(device)
    return properties.shared_memory_per_block_optin if properties.major >= OLDEST else 0


def tiling(size: int, memory: int) -> dict[str, int | bool]:
    """The kernels' tile sizes and launch options.

    Args:
        size: Units.
        memory: Bytes of shared memory per program: 227 KiB on H100, 163 on A100, 99 on A10, L4 and
            RTX 30 to 50.

    Raises:
        ValueError: Even the smallest tiles do not fit.
    """
    padded = max(16, triton.next_power_of_2(size))
    chunks = (padded, *CHUNKS) if padded <= MOST_RESIDENT else CHUNKS
    for chunk in chunks:
        weights = 3 * 2 * padded * chunk
        states = 3 * 2 * ROWS * padded  # operands and transposed results, at most
        if chunk <= padded and weights + states <= memory:
            return {
                "padded": padded, "chunk": chunk, "resident": chunk == padded, "rows": ROWS,
                "num_warps": 8 if padded >= 64 else 4, "num_stages": 1,
            }  # fmt: skip
    raise ValueError(f"{size} units need more shared memory than {memory} bytes")


def fits(size: int, device: torch.device) -> bool:
    """Return whether a GPU has the shared memory for this number of units."""
    try:
        tiling(size, shared_memory(device))
    except ValueError:
        return False
    return True


class GRUScanOnGPU(torch.autograd.Function):
    """The recurrence as one function of float32 tensors that can be differentiated once.

    Args (of `apply`):
        x: [T, B, features].
        is_first: [T, B] bool, where the state is cleared.
        carry: [B, hidden], before the first step.
        weight_ih, weight_hh, bias_ih, bias_hh: As in torch.nn.GRUCell.
        candidate: `tanh` or `relu`.

    Returns:
        [T, B, hidden], the state after each step.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        is_first: Tensor,
        carry: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
        candidate: str,
    ) -> Tensor:
        """Run forward; save the gates and U_n h + c_n, which r multiplies."""
        (time, batch), size = is_first.shape, carry.shape[1]
        bias = bias_ih + nn.functional.pad(bias_hh[: 2 * size], (0, size))
        gates = torch.addmm(bias, x.flatten(0, 1), weight_ih.T).view(time, batch, 3 * size)
        n_from_h = x.new_empty(time, batch, size)
        states = x.new_empty(time + 1, batch, size)
        states[0] = carry
        is_first = is_first.contiguous()
        weight, tiles = weight_hh.to(PRODUCTS).contiguous(), tiling(size, shared_memory(x.device))
        run_forward[(triton.cdiv(batch, ROWS),)](  # pyright: ignore[reportIndexIssue]
            gates, is_first, weight, bias_hh[2 * size :].contiguous(), states, n_from_h,
            time, batch, size, relu=candidate == "relu", **tiles,
        )  # fmt: skip
        ctx.save_for_backward(x, is_first, weight_ih, weight, states, gates, n_from_h)
        ctx.candidate, ctx.tiles = candidate, tiles
        return states[1:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Run backward from the last step."""
        x, is_first, weight_ih, weight, states, gates, n_from_h = ctx.saved_tensors
        time, batch, size = n_from_h.shape
        grad = grads[0].contiguous()
        scale = grad.abs().amax().clamp(min=1e-30)
        by_gates = torch.empty_like(gates)  # gradients of r's, z's and n's sums over inputs
        by_candidate = torch.empty_like(n_from_h)  # gradients of n's sums over states
        by_state = torch.zeros_like(states[0])
        run_backward[(triton.cdiv(batch, ROWS),)](  # pyright: ignore[reportIndexIssue]
            grad, gates, n_from_h, is_first, weight, states, by_gates, by_candidate, by_state,
            scale, time, batch, size, relu=ctx.candidate == "relu", **ctx.tiles,
        )  # fmt: skip
        for_x, for_n = by_gates.flatten(0, 1), by_candidate.flatten(0, 1)
        before = (states[:-1] * ~is_first[..., None]).flatten(0, 1)
        by_x = (for_x @ weight_ih).view_as(x)
        by_ih = for_x.T @ x.flatten(0, 1)
        by_hh = torch.cat((for_x[:, : 2 * size].T @ before, for_n.T @ before))
        by_bias = for_x.sum(0)
        by_bias_hh = torch.cat((by_bias[: 2 * size], for_n.sum(0)))
        return by_x, None, by_state, by_ih, by_hh, by_bias, by_bias_hh, None
