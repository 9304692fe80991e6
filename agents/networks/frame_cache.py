"""What comes again and again, encoded once.

In a maze where every step is a whole room or a turn by a right angle, and in every second episode,
an agent comes back to what it saw: of the frames of the demo's rollouts one of twenty is new at
first, when an agent mostly runs into walls, and one of ten once it has learnt; of a walker's four
of five (`new_frames` of `benchmarks.training`). So while it acts, on a CPU, its images are
numbered, and learning goes by the numbers. (On a GPU the host would have to wait for the images to
tell them apart.)
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...core.shapes import Float, Int64, UInt8
from ...core.types import TimeStep

Encode = Callable[[Tensor], Tensor]  # of [N, ...] makes [N, features], every row by itself


class SeenImages:
    """The different images of a rollout, in the order they were first seen, and their features.

    To be used without gradients.

    Args:
        encode: Gives the same as long as this is in use; an agent's weights may not change.
    """

    def __init__(self, encode: Encode):
        self._encode = encode
        self._numbers: dict[bytes, int] = {}
        self._features = torch.empty(0)

    def __call__(
        self, images: UInt8[Tensor, "images height width channels"]
    ) -> tuple[Float[Tensor, "images features"], Int64[Tensor, "images 1"]]:
        """Their features, and their numbers: equal for equal images alone.

        Args:
            images: In the host's memory.
        """
        numbers, known = self._numbers, len(self._numbers)
        rows = images.flatten(1).numpy()
        which, new = [], []
        for i, row in enumerate(rows):
            number = numbers.setdefault(row.tobytes(), len(numbers))
            if number == known + len(new):
                new.append(i)
            which.append(number)
        if new:
            self._keep(self._encode(images.index_select(0, torch.tensor(new))), known)
        at = torch.tensor(which)
        return self._features.index_select(0, at), at[:, None]

    def _keep(self, features: Tensor, known: int) -> None:
        """Notes the features of the images from number `known` on."""
        total = known + len(features)
        if total > len(self._features):
            self._features.resize_(2 * total, features.shape[1])  # keeps what is there
        self._features[known:total] = features


def encode_once(
    encode: Encode, rows: Tensor, numbers: Int64[Tensor, " rows"]
) -> Float[Tensor, "rows features"]:
    """`encode(rows)`, on a CPU, with rows of one number, which are equal, encoded once.

    Gradients of what is used several times add up, as autograd has it.
    """
    different, which = numbers.unique(return_inverse=True)
    if len(different) == len(rows):
        return encode(rows)
    examples = torch.empty_like(different)
    examples[which] = torch.arange(len(rows))
    return encode(rows.index_select(0, examples)).index_select(0, which)


def number_feedback(timestep: TimeStep, num_actions: int) -> Int64[Tensor, " batch"]:
    """Equal for steps [B] that are fed back the same, and for those alone."""
    _, numbers = timestep.prev_reward.unique(return_inverse=True)
    numbers = numbers * num_actions + timestep.prev_action
    return (numbers * 2 + timestep.prev_done) * 2 + timestep.is_first
