"""Frames in order of first appearance, equal ones stored once.

An agent that waits at a wall, or walks the same path again, sees the same frames. On the grid five
of six frames of a trial have been seen before.
"""

import numpy as np
import torch
from torch import Tensor


class FrameStore:
    """Frames seen so far, each with a number."""

    def __init__(self):
        self._numbers: dict[bytes, int] = {}

    def add(self, obs: Tensor) -> Tensor:
        """Numbers of frames, [B] int64, from [B, H, W, 3] uint8."""
        rows = obs.cpu().numpy()
        self._shape = rows.shape[1:]
        numbers = [self._numbers.setdefault(row.tobytes(), len(self._numbers)) for row in rows]
        return torch.tensor(numbers, device=obs.device)

    def used(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The frames that some steps saw, without those of steps that do not count.

        Args:
            numbers: [S], from `add`.

        Returns:
            frames [U, H, W, 3] uint8, in order of first appearance; and the index into them of each
            step, [S] int32.
        """
        known, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        content = list(self._numbers)
        joined = b"".join(content[number] for number in known[order].tolist())
        frames = np.frombuffer(joined, np.uint8).reshape(-1, *self._shape)
        return frames, rank[inverse].astype(np.int32)
