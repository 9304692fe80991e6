"""The device of a training: which one a name means, and its settings."""

import re

import torch

from ...core.errors import UserError
from .distributed import World


def resolve_device(name: str, world: World | None = None) -> torch.device:
    """The device that a configuration's `device` names; no GPU is touched.

    Args:
        name: cpu, cuda, cuda:N, or auto for CUDA where there is any.
        world: The processes of the training, if there are several: each takes the GPU of its
            local rank.

    Raises:
        UserError: The name means no device, or torch does not find it.
    """
    world = world or World()
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError(f"device is {name}; it must be auto, cpu, cuda or cuda:N")
    device = torch.device(name)
    if device.type != "cuda":
        return device
    index = world.local_rank if world.size > 1 else device.index or 0
    device = torch.device("cuda", index)  # torch makes no device current without an index
    found = torch.cuda.device_count()
    if index >= found:
        raise UserError(
            f"device is {device}, but torch finds {found} CUDA devices; use device=cpu or auto"
        )
    return device


def configure_device(device: torch.device) -> None:
    """Make a GPU the current one and let the whole process use its tensor cores.

    Products of float32 may be rounded to TF32, with 10 bits of mantissa, and the fastest
    convolutions are searched for. On a CPU nothing changes.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
