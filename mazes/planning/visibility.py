"""Visible cells, computed from the map alone.

The field of view is 90 degrees wide. A cell is visible if the ray through the centre of a column of
the image passes through it. A ray ends at a wall or at the target's box, whose cell is visible.
"""

from typing import NamedTuple

import numpy as np

from ..rules import CELL_SIZE

COLUMNS = 40  # of the image; the centre of the outermost one is 44 degrees off the heading


def visible_cells(walls: np.ndarray, targets: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Cells that each of B players sees.

    Args:
        walls: [B, height, width] bool, True where solid; the border is solid.
        targets: [B, 2], row and column of the target.
        poses: [B, 3], x, y [map units], angle [degrees], in an open cell.

    Returns:
        [B, height, width] bool; visible walls are True as well.
    """
    slopes = (np.arange(COLUMNS) + 0.5) * 2 / COLUMNS - 1
    angle = (np.radians(poses[:, 2:]) - np.arctan(slopes)).ravel()  # one per ray
    player = np.repeat(np.arange(len(poses)), COLUMNS)
    rows = _cast(-poses[player, 1] / CELL_SIZE, -np.sin(angle))
    cols = _cast(poses[player, 0] / CELL_SIZE, np.cos(angle))

    seen = np.zeros(walls.shape, dtype=bool)
    while len(player):
        row, col = rows.cell, cols.cell
        seen[player, row, col] = True
        ends = walls[player, row, col] | ((row == targets[player, 0]) & (col == targets[player, 1]))
        leaves_row = rows.distance < cols.distance
        rows, cols = rows.advanced(leaves_row), cols.advanced(~leaves_row)
        player, rows, cols = player[~ends], rows.only(~ends), cols.only(~ends)
    return seen


class _Rays(NamedTuple):
    """Progress of rays along one axis; every field is [rays]."""

    cell: np.ndarray  # index of the present cell
    distance: np.ndarray  # along the ray, from its origin to the next side of a cell
    step: np.ndarray  # to the next cell, -1 or 1
    spacing: np.ndarray  # distance along the ray from one side to the next

    def advanced(self, mask: np.ndarray) -> "_Rays":
        """The rays of `mask` in the next cell."""
        return self._replace(
            cell=self.cell + self.step * mask, distance=self.distance + self.spacing * mask
        )

    def only(self, mask: np.ndarray) -> "_Rays":
        """The rays of `mask`."""
        return _Rays(*(field[mask] for field in self))


def _cast(origin: np.ndarray, speed: np.ndarray) -> _Rays:
    """Rays at their origin.

    Args:
        origin: [rays] coordinate, in cells.
        speed: [rays] distance along the axis per unit of distance along the ray.
    """
    speed = np.where(np.abs(speed) < 1e-9, 1e-9, speed)  # never parallel to a side
    cell = np.floor(origin).astype(np.int64)
    to_side = np.where(speed > 0, cell + 1 - origin, cell - origin)
    return _Rays(cell, to_side / speed, np.sign(speed).astype(np.int64), 1 / np.abs(speed))
