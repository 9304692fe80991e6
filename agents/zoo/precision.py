"""Half precision for published weights: half the bytes, and figures within their interval.

Checkpoints stay float32. Loading a float16 file gives a float32 network, see
`agents.training.checkpoint.load_agent`.
"""

import json
from pathlib import Path

import torch

from ...core.errors import UserError

PRECISIONS = ("float32", "float16")
STATISTICS = {"value_mean", "value_std"}  # of returns, which no bound holds below float16's 65,504


def encode(file: Path, precision: str) -> bytes:
    """Content of a weights file at the given precision.

    Args:
        file: Weights in safetensors format.
        precision: One of `PRECISIONS`. float32 keeps the file as it is; float16 rounds every
            parameter to nearest and leaves the statistics of the value normalisation in float32.

    Raises:
        UserError: The precision is unknown, or a parameter is too large for float16.
    """
    from safetensors import safe_open
    from safetensors.torch import save

    if precision not in PRECISIONS:
        raise UserError(f"precision is {precision}; it must be one of {', '.join(PRECISIONS)}")
    if precision == "float32":
        return file.read_bytes()
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    rounded = {name: x if name in STATISTICS else x.half() for name, x in weights.items()}
    for name, x in rounded.items():
        if not torch.isfinite(x).all():
            raise UserError(f"{file}: {name} is too large for float16; give precision=float32")
    return _sorted_header(save(rounded, metadata))


def _sorted_header(content: bytes) -> bytes:
    """The same tensors under a header whose keys are sorted, so that equal weights hash alike.

    A safetensors file is the header's length in 8 bytes, the header as JSON padded with spaces to a
    multiple of 8, and the tensors; its writer leaves the order of the metadata to chance.
    """
    length = int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8 : 8 + length]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]
