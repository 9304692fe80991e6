"""The frame cache: equal rows of a rollout are encoded once.

Grid steps are whole rooms and right angles, and every second episode visits the same maze again,
so frames recur. Of the frames of the demo's rollouts one in twenty is new at first, when the agent
mostly runs into walls, and one in ten after training; of a walking agent's, four in five
(`new_frames` of `benchmarks.training`). While the agent acts on a CPU, frames therefore get ids,
and learning encodes one frame per id. (On a GPU the host would have to wait for the frames to tell
them apart.)
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...core.shapes import Float, Int64, UInt8
from ...core.types import TimeStep

Encode = Callable[[Tensor], Tensor]  # [N, ...] to [N, features], row by row


class FrameCache:
    """Features of the different frames of a rollout, by their bytes.

    Not for use with gradients.

    Args:
        encode: Must stay the same as long as the cache is in use: no weight may change.
    """

    def __init__(self, encode: Encode):
        self._encode = encode
        self._ids: dict[bytes, int] = {}
        self._features = torch.empty(0)

    def __call__(
        self, frames: UInt8[Tensor, "frames height width channels"]
    ) -> tuple[Float[Tensor, "frames features"], Int64[Tensor, "frames 1"]]:
        """Features of the frames, and their ids, which are equal for equal frames only.

        Args:
            frames: On the CPU.
        """
        ids, known = self._ids, len(self._ids)
        rows = frames.flatten(1).numpy()
        found, new = [], []
        for i, row in enumerate(rows):
            frame_id = ids.setdefault(row.tobytes(), len(ids))
            if frame_id == known + len(new):
                new.append(i)
            found.append(frame_id)
        if new:
            self._append(self._encode(frames.index_select(0, torch.tensor(new))), known)
        at = torch.tensor(found)
        return self._features.index_select(0, at), at[:, None]

    def _append(self, features: Tensor, known: int) -> None:
        """Store the features of the ids from `known` on."""
        total = known + len(features)
        if total > len(self._features):
            self._features.resize_(2 * total, features.shape[1])  # keeps the stored rows
        self._features[known:total] = features


def encode_unique(
    encode: Encode, rows: Tensor, ids: Int64[Tensor, " rows"]
) -> Float[Tensor, "rows features"]:
    """`encode(rows)` on a CPU, encoding one row per id; gradients of equal rows add up.

    Args:
        encode: Row by row.
        rows: [N, ...].
        ids: Equal for equal rows only.
    """
    examples, inverse = distinct(ids)
    if len(examples) == len(rows):
        return encode(rows)
    return encode(rows.index_select(0, examples)).index_select(0, inverse)


def distinct(
    ids: Int64[Tensor, " rows"],
) -> tuple[Int64[Tensor, " different"], Int64[Tensor, " rows"]]:
    """One row for each id, and for each row the index of its id's among those; on a CPU."""
    unique, inverse = ids.unique(return_inverse=True)
    examples = torch.empty_like(unique)
    examples[inverse] = torch.arange(len(ids))
    return examples, inverse


def feedback_ids(timestep: TimeStep, num_actions: int) -> Int64[Tensor, " batch"]:
    """Ids of the feedback in time steps [B], equal for equal feedback only."""
    _, ids = timestep.prev_reward.unique(return_inverse=True)
    ids = ids * num_actions + timestep.prev_action
    return (ids * 2 + timestep.prev_done) * 2 + timestep.is_first
