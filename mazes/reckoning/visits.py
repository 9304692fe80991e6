"""When the player last stood in a cell, by its own reckoning: labels "have I stood here before".

A memory that tells known corridors from new ones need not search them again (docs/ablations.md,
large mazes). Places are those of dead reckoning, joined over the episodes of a trial with the same
start. A wall is a cell that is never visited: which neighbours are walls is not asked of the map.
"""

import numpy as np

from .grid import AHEAD

PLACES = 5  # here, ahead, to the left, behind, to the right
NUM_VISITS = 2 * PLACES
AGE_UNIT = 4.0  # doublings of the steps since a visit
HERE_AND_AROUND = np.concatenate(
    (
        np.zeros((4, 2, 1), int),
        AHEAD[:, np.add.outer(np.arange(4), np.arange(4)) % 4].transpose(1, 0, 2),
    ),
    2,
)  # [4 headings, 2, PLACES]


class Visits:
    """Last visits of B players to cells of their trials.

    A stay in a cell is one visit. Of the present cell the visit before this stay counts.

    Attributes:
        arrays: All state, to be saved.

    Args:
        num_envs: B.
        reach: Cells from the start beyond which nothing is remembered and no label is known.
        num_starts: Number of episodes after which the start recurs.
    """

    def __init__(self, num_envs: int, reach: int, num_starts: int = 1):
        self._reach = reach
        self._envs = np.arange(num_envs)
        side = 2 * reach + 1
        self._last = np.zeros((num_starts, side, side, num_envs), np.int32)  # 0 for never
        self._cell = np.zeros((2, num_envs), np.int64)
        self._before = np.zeros(num_envs, np.int64)  # last visit before this stay; 0 for none
        self._now = np.zeros(num_envs, np.int64)  # step of the trial, from 1
        self.arrays = {
            "last_visit": self._last,
            "cell": self._cell,
            "visit_before": self._before,
            "trial_step": self._now,
        }

    def forget(self, mask: np.ndarray) -> None:
        """Begin new trials, where [B] `mask`."""
        self._last[..., mask] = 0
        self._now[mask] = 0

    def look(
        self, episode: np.ndarray, place: np.ndarray, angle: np.ndarray, restart: np.ndarray
    ) -> np.ndarray:
        """Labels of a step, which then is a visit itself.

        Args:
            episode: [B] int64, of the trial.
            place: [2, B] cells ahead of the episode's start and to its left; NaN where unknown.
            angle: [B] turned since the start, radians.
            restart: [B] bool, whether the step is the first of an episode.

        Returns:
            [`NUM_VISITS`, B]: of the present cell and of those ahead, to the left, behind and to
            the right of the player, first whether each was visited, 0 or 1; then how many steps
            ago, log2 in `AGE_UNIT`s, NaN where it was not. All NaN where the place is unknown.
        """
        self._now += 1
        known, cell = self._cells(place)
        moved = restart | (cell != self._cell).any(0)
        heading = np.round(angle / (np.pi / 2)).astype(np.int64) % 4
        around = cell + HERE_AND_AROUND[heading].transpose(2, 1, 0)  # [PLACES, 2, B]
        start = episode % len(self._last)
        last = self._last[start, around[:, 0], around[:, 1], self._envs].astype(np.int64)
        self._before[:] = np.where(moved, last[0], self._before)
        last[0] = self._before
        self._cell[:] = cell
        self._enter(known, start, cell)
        visited = np.where(known, last > 0, np.nan)
        age = np.where(visited == 1, self._now - last, np.nan)
        return np.concatenate((visited, np.log2(age) / AGE_UNIT))

    def arrive(self, episode: np.ndarray, place: np.ndarray, mask: np.ndarray) -> None:
        """Count places that the last actions of episodes have led to as visits, where [B] `mask`.

        Args:
            episode: As of `look`.
            place: As of `look`.
            mask: Whether an episode has ended.
        """
        known, cell = self._cells(place)
        self._enter(known & mask, episode % len(self._last), cell)

    def _cells(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether a cell and its neighbours are on the map, [B], and its row and column, [2, B]."""
        cell = np.round(np.nan_to_num(place, nan=self._reach)).astype(np.int64)
        known = np.asarray((np.abs(cell) < self._reach).all(0))
        return known, np.where(known, cell, 0) + self._reach

    def _enter(self, mask: np.ndarray, start: np.ndarray, cell: np.ndarray) -> None:
        at = np.flatnonzero(mask)
        self._last[start[at], cell[0, at], cell[1, at], at] = self._now[at]
