"""GPU kernels, imported where a GPU is used and not before."""

from importlib import import_module
from types import ModuleType

from ..errors import UserError


def import_kernels(name: str) -> ModuleType:
    """Import a module written in Triton, which comes with torch's CUDA builds on Linux.

    Raises:
        UserError: Triton is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "triton":
            raise
        raise UserError(
            f"{name} needs triton, which is not installed: pip install triton, or set device=cpu "
            "(and engine.device=cpu)"
        ) from error
