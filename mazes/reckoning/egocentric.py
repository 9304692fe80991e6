"""An egocentric map by dead reckoning: where an agent has been, and where it found the target.

The map turns with the agent. It holds no walls and nothing that was seen: what the places look like
is the memory's to learn. Episodes of a trial are taken to begin at the same start pose.
"""

import numpy as np

from ...core.types import Odometry
from .labels import RECKONERS, Reckoner
from .outcomes import read_outcomes

NOW, EARLIER = 1, 2  # bits of a cell: visited in this episode, and in an earlier one of the trial
FARTHEST = 16.0  # cells, ahead or aside, up to which a target's place is shown
NUM_OTHERS = 7  # features beside those of cells


class EgocentricMap:
    """Maps of B agents, each a row of floats that its agent carries from step to step.

    Attributes:
        carry_size: Floats of a map.
        num_features: V, size of a view.

    Args:
        odometry: Movement and rewards.
        radius: Cells that a view reaches to each side, at least 1.
        reach: Cells from the start beyond which places count as at the margin, at least 1.
    """

    def __init__(self, odometry: Odometry, radius: int, reach: int):
        self._odometry = odometry
        self._reach = reach
        self._middle = reach + radius  # row and column of the start
        self._side = 2 * self._middle + 1
        self._window = _window(radius)
        arrays = RECKONERS[odometry.movement](0).arrays.values()
        self._num_reckoned = sum(len(np.atleast_2d(array)) for array in arrays)
        self.carry_size = self._num_reckoned + 3 + self._side**2
        self.num_features = 2 * self._window.shape[-1] + NUM_OTHERS

    def step(
        self,
        carry: np.ndarray,
        prev_action: np.ndarray,
        prev_reward: np.ndarray,
        prev_done: np.ndarray,
        is_first: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Enter the outcome of the last actions, and look; see `core.types.TimeStep`.

        Args:
            carry: [B, carry_size] float32; zeros are a new map.
            prev_action: [B] int64.
            prev_reward: [B] float32.
            prev_done: [B] bool.
            is_first: [B] bool; there the map begins anew.

        Returns:
            The view, [B, num_features] uint8, and the carry after the step. The view's first half
            is of the cells around the present one, from behind right to ahead left: 255 if it was
            visited in this episode; then the same of earlier episodes. There follow, of 0 .. 255:
            whether a target was found, how far ahead and to the left it is, whether the place is
            lost, where in the cell the agent is (ahead, left), and its angle to the nearest axis.
        """
        carry = carry.copy()
        carry[is_first] = 0
        places, target, cells = self._parts(carry)
        reckoner = self._load(places)
        found, contacts = read_outcomes(self._odometry, prev_reward[None], prev_done[None])
        reckoner.step(prev_action, contacts[0])
        if prev_done.any():
            reached = np.where(found[0], reckoner.target(), reckoner.place)
            at = found[0] & ~reckoner.is_lost
            target[at] = np.column_stack((np.ones(at.sum()), reached[:, at].T))
            self._enter(cells, reached, prev_done & ~reckoner.is_lost)
            cells[prev_done] = EARLIER * (cells[prev_done] > 0)
        reckoner.restart(prev_done | is_first)
        self._enter(cells, reckoner.place, ~reckoner.is_lost)
        self._store(reckoner, places)
        return self._look(reckoner, cells, target), carry

    def _parts(self, carry: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Views of the reckoner's state, the target (known, ahead, left), and the cells."""
        places, target, cells = np.split(carry, (self._num_reckoned, self._num_reckoned + 3), 1)
        return places, target, cells.reshape(len(carry), self._side, self._side)

    def _load(self, places: np.ndarray) -> Reckoner:
        """A reckoner in the state of `places`; of the call's own, since threads share a map."""
        reckoner = RECKONERS[self._odometry.movement](len(places))
        rows = iter(places.T)
        for array in reckoner.arrays.values():
            for row in np.atleast_2d(array):
                row[:] = next(rows)
        return reckoner

    def _store(self, reckoner: Reckoner, places: np.ndarray) -> None:
        rows = iter(places.T)
        for array in reckoner.arrays.values():
            for row in np.atleast_2d(array):
                next(rows)[:] = row

    def _enter(self, cells: np.ndarray, place: np.ndarray, mask: np.ndarray) -> None:
        """Mark the cells of places [2, B] as visited, where [B] `mask`."""
        at = np.flatnonzero(mask)
        row, column = self._cell(place)[:, at]
        cells[at, row, column] += cells[at, row, column] % 2 == 0

    def _cell(self, place: np.ndarray) -> np.ndarray:
        """Rows and columns of places' cells, [2, B]; at the margin for those beyond it."""
        return np.round(place).astype(np.int64).clip(-self._reach, self._reach) + self._middle

    def _look(self, reckoner: Reckoner, cells: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The view, see `step`."""
        place, angle = reckoner.place, reckoner.angle
        quarter = np.round(angle / (np.pi / 2))
        around = self._cell(place).T[:, :, None] + self._window[quarter.astype(np.int64) % 4]
        seen = cells[np.arange(len(cells))[:, None], around[:, 0], around[:, 1]].astype(np.uint8)
        known = target[:, 0] > 0
        away = _turned(target[:, 1:].T - place, angle).clip(-FARTHEST, FARTHEST)
        others = np.stack(
            (
                known,
                *np.where(known, 0.5 + away / (2 * FARTHEST), 0),
                reckoner.is_lost,
                *(0.5 + _turned(place - np.round(place), angle) / 2),
                0.5 + angle * (2 / np.pi) - quarter,
            ),
            1,
        )
        others = np.round(255 * others.clip(0, 1)).astype(np.uint8)
        return np.concatenate((255 * (seen & NOW), 255 * (seen // EARLIER), others), 1)


def _window(radius: int) -> np.ndarray:
    """Offsets of the cells around, [4 headings in quarter turns to the left, 2, cells]."""
    side = np.arange(-radius, radius + 1)
    ahead, left = np.stack(np.meshgrid(side, side, indexing="ij")).reshape(2, -1)
    return np.stack([(ahead, left), (-left, ahead), (-ahead, -left), (left, -ahead)])


def _turned(offset: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Offsets [2, B] along the axes of the start pose, seen at angles [B]: ahead, left."""
    (ahead, left), cos, sin = offset, np.cos(angle), np.sin(angle)
    return np.stack((ahead * cos + left * sin, left * cos - ahead * sin))
