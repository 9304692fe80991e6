"""Precision of a network's arithmetic in training: float32, or products in bfloat16.

bfloat16 has float32's range and 8 bits of mantissa. Factors of convolutions and matrix products are
rounded to it, and their products are summed in float32. Weights, the optimiser, the memory's carry,
heads, losses and statistics stay float32, and so do all figures of `rl2-eval`. What it brings:
docs/guides/speed.md.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor

NAMES = ("auto", "float32", "bfloat16")


class Precision(NamedTuple):
    """The parts of a network's arithmetic that multiply in bfloat16."""

    convolutions: bool = False  # convolutions, in acting and in learning
    learning: bool = False  # convolutions and products of matrices, in learning

    @property
    def name(self) -> str:
        """float32, or bfloat16 if anything is in it."""
        return "bfloat16" if any(self) else "float32"

    def convolving(self, device: torch.device) -> AbstractContextManager:
        """A context for convolutions."""
        return in_bfloat16(device) if self.convolutions else nullcontext()

    def learning_on(self, device: torch.device) -> AbstractContextManager:
        """A context for a rollout's features and memory."""
        return in_bfloat16(device) if self.learning else nullcontext()


FLOAT32 = Precision()


def choose_precision(name: str, device: torch.device, has_images: bool) -> Precision:
    """The precision that a configuration's `precision` names.

    auto is the fastest that was measured, for networks with images: bfloat16 where the device has
    instructions for it. A GPU then convolves in bfloat16, and multiplies matrices in TF32. On a CPU
    only learning is in bfloat16: acting is many small products, and gains nothing.

    Args:
        name: One of `NAMES`.
        device: Of the network.
        has_images: Whether the network has images to encode.
    """
    assert name in NAMES
    if name == "float32" or (name == "auto" and not (has_images and has_bfloat16(device))):
        return FLOAT32
    on_gpu = device.type == "cuda"
    return Precision(convolutions=on_gpu, learning=not on_gpu)


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for products of bfloat16."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere
    # A release of torch without this function means float32.
    found = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def slowness(name: str, device: torch.device) -> str | None:
    """A warning if a precision was asked for that makes a training slower on this device."""
    if name != "bfloat16" or has_bfloat16(device):
        return None
    return (
        f"precision is bfloat16, for which {device} has no instructions: learning takes "
        "1.4 to 5 times as long as in float32 (measured with AVX-512 and AVX2); use precision=auto"
    )


def in_bfloat16(device: torch.device, enabled: bool = True) -> AbstractContextManager:
    """A context in which torch's convolutions and matrix products are of bfloat16, or are not.

    Cast weights are not cached between calls, because weights change within a captured CUDA graph.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled, cache_enabled=False)


def is_in_bfloat16(device: torch.device) -> bool:
    """Whether code runs within such a context."""
    return torch.is_autocast_enabled(device.type)


def to_float32(x: Tensor) -> Tensor:
    """The tensor, converted if it is of bfloat16."""
    return x.float() if x.dtype == torch.bfloat16 else x
