"""Memory of the exchangeable agent between two steps, as columns of one flat carry."""

from typing import NamedTuple

import torch
from torch import Tensor

from ....core.shapes import Float


class Carry(NamedTuple):
    """The columns of a carry, unflattened; views of it where they need no other dtype."""

    hidden: Tensor  # [B, P, H] float32, memory of each pair
    counts: Tensor  # [B, P, S] float32, observed transitions; [B, P, 0] without planning
    state: Tensor  # [B] int64, the previous state
    step: Tensor  # [B] int64, number of the next step in the trial

    @classmethod
    def split(cls, flat: Float[Tensor, "batch carry"], num_pairs: int, hidden_size: int) -> "Carry":
        """The columns of a flat carry."""
        num_counts = flat.shape[1] - 2 - num_pairs * hidden_size
        hidden, counts, state, step = flat.split((num_pairs * hidden_size, num_counts, 1, 1), -1)
        return cls(
            hidden.unflatten(-1, (num_pairs, hidden_size)),
            counts.unflatten(-1, (num_pairs, num_counts // num_pairs)),
            state.squeeze(-1).long(),
            step.squeeze(-1).long(),
        )

    def flat(self) -> Float[Tensor, "batch carry"]:
        """The flat carry of these columns."""
        numbers = torch.stack((self.state, self.step), -1)
        return torch.cat((self.hidden.flatten(1), self.counts.flatten(1), numbers), -1)
