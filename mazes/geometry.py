"""World coordinates of cells, and cells of world coordinates.

World coordinates are map units: x grows east, y grows north, the north-west corner of a maze is the
origin. Cell (row, col) covers x in [96 col, 96 (col + 1)] and y in [-96 (row + 1), -96 row]. Angles
are degrees, headings quarter turns, both counter-clockwise from east.

`cell_centre` is plain Python that numba compiles as it stands.
"""

import math
from collections.abc import Sequence

import numpy as np

from .maze import Pose
from .rules import CELL_SIZE


def cell_centre(cell):
    """World coordinates (x, y) of the centre of a cell (row, column)."""
    return (cell[1] + 0.5) * CELL_SIZE, -(cell[0] + 0.5) * CELL_SIZE


def world_pose(pose: Pose) -> tuple[float, float, float]:
    """x, y and angle of a player that stands in the centre of a cell."""
    return *cell_centre(pose.cell), 90.0 * pose.heading


def cell_of(pose: Sequence[float] | np.ndarray) -> tuple[int, int]:
    """(row, column) of the cell that a pose [x, y, ...] lies in."""
    return math.floor(-pose[1] / CELL_SIZE), math.floor(pose[0] / CELL_SIZE)


def cells_of(poses: np.ndarray) -> np.ndarray:
    """Rows and columns, [..., 2] int64, of the cells that poses [..., x y ...] lie in."""
    return np.floor(poses[..., [1, 0]] * [-1, 1] / CELL_SIZE).astype(np.int64)


def heading_of(pose: Sequence[float] | np.ndarray) -> int:
    """The heading nearest to the angle of a pose [x, y, angle]."""
    return round(pose[2] / 90) % 4
