"""Cache of all pairs' features during a rollout."""

from collections.abc import Callable

import torch
from torch import Tensor


class RowCache:
    """Features of the memories of all pairs, of which a step changes only the visited pair's.

    Attributes:
        tables: Features [B * P, F] each, of the last `update`.

    Args:
        features: From memories [R, H] to tables [R, F]; the same in every call.
    """

    def __init__(self, features: Callable[[Tensor], tuple[Tensor, ...]]):
        self.features = features
        self.tables: tuple[Tensor, ...] = ()

    def update(self, hidden: Tensor, is_first: Tensor, row: Tensor) -> tuple[Tensor, ...]:
        """Bring the tables up to date, in place.

        Args:
            hidden: [B, P, H], memories of all pairs after the step.
            is_first: [B] bool, first steps of trials, at which all memories of b are initial.
            row: [B] int64, row in [B * P] of the pair that changed.

        Returns:
            The tables.
        """
        memories = hidden.flatten(0, 1)
        if not self.tables:
            self.tables = self.features(memories)
            return self.tables
        changed = torch.cat((memories[row], hidden.new_zeros(1, hidden.shape[-1])))
        for table, new in zip(self.tables, self.features(changed), strict=True):
            table[row] = new[:-1]
            table.view(*hidden.shape[:2], -1)[is_first] = new[-1]
        return self.tables
