"""Dead reckoning in grid movement. It is exact."""

import numpy as np

from ..maze import STEP
from ..rules import FORWARD, TURN_LEFT

AHEAD = np.array([[right, -down] for down, right in STEP]).T  # [2, 4]: a cell forward, by heading


class GridReckoner:
    """Poses of B players relative to the start of their episodes.

    A turn is a quarter, a step forward is a cell unless a wall stopped it.

    Attributes:
        place: [2, B] float64, cells ahead of the start and to its left.
        angle: [B] float64, turned since the start, radians; left is positive.
        is_lost: [B] bool, whether `place` cannot be relied on; never here.
        arrays: All state, to be saved.
    """

    def __init__(self, num_envs: int):
        self.place = np.zeros((2, num_envs))
        self._heading = np.zeros(num_envs, np.int64)  # in quarter turns to the left
        self.is_lost = np.zeros(num_envs, bool)
        self.arrays = {"place": self.place, "heading": self._heading}

    @property
    def angle(self) -> np.ndarray:
        """See above."""
        return self._heading * (np.pi / 2)

    def restart(self, mask: np.ndarray) -> None:
        """Put players back to their start, where [B] `mask`."""
        self.place[:, mask] = 0
        self._heading[mask] = 0

    def step(self, action: np.ndarray, contacts: np.ndarray) -> None:
        """Take a step.

        Args:
            action: [B] int64.
            contacts: [B] int64, of the step with walls.
        """
        forward = action == FORWARD
        self.place += AHEAD[:, self._heading] * (forward & (contacts == 0))
        turn = np.where(forward, 0, np.where(action == TURN_LEFT, 1, -1))
        self._heading += turn
        self._heading %= 4

    def target(self) -> np.ndarray:
        """Places of targets that the last step reached, [2, B]: there the step has led."""
        return self.place
