"""Images that are seen again and again, encoded once.

In a maze where every step is a whole room or a turn by a right angle, and in every second episode,
an agent comes back to what it saw: of the frames of a rollout on grid mazes a seventh differ at
first, when an agent mostly runs into walls, and two fifths once it has learnt (`new_frames` of
`benchmarks.training`). Gradients of what is used several times add up, as autograd has it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from trials.shapes import Float, Int64, UInt8


def encode_once(
    encode: Callable[[Tensor], Tensor], images: UInt8[Tensor, "images height width channels"]
) -> Float[Tensor, "images features"]:
    """`encode(images)`, with equal images encoded once.

    On a GPU it is just that: to count the images the host would have to wait for it.

    Args:
        encode: Of [N, ...] makes [N, features], every image by itself.
        images: In the host's memory for anything to be saved.
    """
    if images.is_cuda:
        return encode(images)
    rows = _words(images)
    _, which = torch.unique(fingerprints(rows), return_inverse=True)
    examples = torch.empty(int(which.max()) + 1, dtype=torch.int64)
    examples[which] = torch.arange(len(images))
    if len(examples) == len(images):
        return encode(images)
    # Different images with one fingerprint are not expected in a lifetime, and would go unnoticed.
    if not torch.equal(rows.index_select(0, examples[which]), rows):
        return encode(images)
    return encode(images.index_select(0, examples)).index_select(0, which)


def fingerprints(rows: Int64[Tensor, "images words"]) -> Int64[Tensor, " images"]:
    """Equal for equal rows and most likely for those alone.

    Sums of the words and of their upper halves times random factors, modulo 2^64 (multilinear
    hashing). Without the halves, a change in a word's highest bits would hang on a factor's lowest.
    """
    rng = torch.Generator().manual_seed(0)
    factors = torch.randint(-(2**63), 2**63 - 1, (2, rows.shape[1]), generator=rng)
    return rows.mv(factors[0]).add_((rows >> 32).mv(factors[1]))


def _words(images: Tensor) -> Tensor:
    """[N, bytes / 8] int64 of uint8 [N, ...]."""
    rows = images.flatten(1).contiguous()
    if rest := rows.shape[1] % 8:
        rows = torch.nn.functional.pad(rows, (0, 8 - rest))
    return rows.view(torch.int64)
