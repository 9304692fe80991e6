"""Shortest paths to the target through cells that the player walked: labels of an auxiliary loss.

The place of the target tells where to look; the path to it tells where to go, and bends around
walls. By dead reckoning, cells between which the player moved are joined, in either direction and
over all episodes of a trial with the same start. Once the target was found, also later in the
trial, the shortest path through them labels every step. In a maze without loops that is the
shortest path of all. No wall is asked of the map: a passage is what was walked through.
"""

import numpy as np

from .grid import AHEAD

NUM_PATHS = 5
CELLS_UNIT = 10.0  # cells, along paths
FAR = 1 << 14  # cells, more than any path has


class Paths:
    """Passages that B players walked through in their trials.

    Attributes:
        arrays: All state, to be saved.

    Args:
        num_envs: B.
        reach: Cells from the start beyond which nothing is remembered and no label is known.
        period: Number of episodes after which start and target recur.
    """

    def __init__(self, num_envs: int, reach: int, period: int):
        self._reach = reach
        self._side = 2 * reach + 1
        # From a cell to the next one ahead of the start, and to its left.
        self._open = np.zeros((2, self._side, self._side, num_envs, period), bool)
        self.arrays = {"passages": self._open}

    def label(
        self,
        first: np.ndarray,
        phase: np.ndarray,
        before: np.ndarray,
        after: np.ndarray,
        angle: np.ndarray,
        target: np.ndarray,
    ) -> np.ndarray:
        """Labels of a rollout that continues the last one.

        Args:
            first: [T, B] bool, first steps of trials.
            phase: [T, B] int64, number of the episode modulo the period.
            before: [2, T, B] cells ahead of the episode's start and to its left; NaN where unknown.
            after: The same after the action; where that found the target, the target.
            angle: [T, B] turned since the start, radians.
            target: [2, T, B] as `before`; known in hindsight, too.

        Returns:
            [`NUM_PATHS`, T, B], NaN where it is unknown:
            0      cells on the shortest known path to the target, in `CELLS_UNIT`s
            1-2    offset of the player from the centre of its cell, along the path and to its left,
                   in cells
            3-4    cosine and sine of the player's angle relative to the path
        """
        # Passages are of S parts of the rollout, each of one trial, environment and phase.
        trial = first.cumsum(0)  # 0 for one that began before the rollout
        sizes = len(first) + 1, *self._open.shape[-2:]
        steps = np.ravel_multi_index((trial, np.arange(sizes[1])[None], phase), sizes)
        parts, part = np.unique(steps, return_inverse=True)
        part = part.reshape(first.shape)
        number, env, of_phase = np.unravel_index(parts, sizes)
        passages = np.moveaxis(self._open[..., env, of_phase], -1, 0)  # [S, 2, side, side]
        passages = passages & (number == 0)[:, None, None, None]
        self._walk(passages, part, before, after)
        self._open[..., trial[-1] > 0, :] = False
        last = number == trial[-1][env]  # the next rollout may continue these
        self._open[..., env[last], of_phase[last]] = np.moveaxis(passages[last], 0, -1)
        known, goal = self._cells(target)
        goals = np.full((len(parts), 2), -1)
        goals[part[known]] = goal[:, known].T
        return self._look(passages, self._distances(passages, goals), part, before, angle)

    def _cells(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether places [2, T, B] are on the map, [T, B]; rows and columns, [2, T, B]."""
        cell = np.round(np.nan_to_num(place, nan=FAR)).astype(np.int64)
        known = np.asarray((np.abs(cell) < self._reach).all(0))
        return known, np.where(known, cell, 0) + self._reach

    def _walk(
        self, passages: np.ndarray, part: np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> None:
        """Enter moves into the next cell, of parts [T, B]."""
        (known, cell), (still_known, next_cell) = self._cells(before), self._cells(after)
        moved = np.abs(next_cell - cell)
        at = known & still_known & (moved.sum(0) == 1)
        row, column = np.minimum(cell, next_cell)[:, at]
        passages[part[at], moved[1][at], row, column] = True

    def _distances(self, passages: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """Cells to the goals [S, 2], -1 for none; [S, side, side], `FAR` where none is known."""
        distance = np.full((len(goals), self._side, self._side), FAR)
        at = np.flatnonzero(goals[:, 0] >= 0)
        distance[at, goals[at, 0], goals[at, 1]] = 0
        while True:
            nearer = np.minimum(distance, self._beside(passages, distance).min(0) + 1)
            if np.array_equal(nearer, distance):
                return distance
            distance = nearer

    def _beside(self, passages: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Distances of the cells next to each, [4 headings, S, side, side]; `FAR` behind walls."""
        beside = np.full((4, *distance.shape), FAR)
        for axis in (0, 1):
            here, there = _shifted(distance.ndim, 1 + axis)
            is_open = passages[:, axis][here]
            beside[axis][here] = np.where(is_open, distance[there], FAR)
            beside[axis + 2][there] = np.where(is_open, distance[here], FAR)
        return beside

    def _look(
        self,
        passages: np.ndarray,
        distance: np.ndarray,
        part: np.ndarray,
        before: np.ndarray,
        angle: np.ndarray,
    ) -> np.ndarray:
        """The labels, see `label`."""
        heading = self._beside(passages, distance).argmin(0)
        known, (row, column) = self._cells(before)
        cells = distance[part, row, column]
        known = known & (cells > 0) & (cells < FAR)
        along = heading[part, row, column]
        ahead, left = AHEAD[:, along]
        off = before - np.round(before)
        turned = angle - along * (np.pi / 2)
        labels = np.stack(
            (
                cells / CELLS_UNIT,
                off[0] * ahead + off[1] * left,
                off[1] * ahead - off[0] * left,
                np.cos(turned),
                np.sin(turned),
            )
        )
        return np.where(known, labels, np.nan)


def _shifted(ndim: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Indices of all cells but the last along an axis, and of those that follow them."""
    here, there = [slice(None)] * ndim, [slice(None)] * ndim
    here[axis], there[axis] = slice(None, -1), slice(1, None)
    return tuple(here), tuple(there)
