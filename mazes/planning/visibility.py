"""Which cells lie in view, from the map alone.

The view is 90 degrees wide. A cell is seen if the ray through the middle of one of the picture's
columns passes through it; walls and the target's box end a ray, and are seen where they do.
"""

import numpy as np

from ..rules import CELL_SIZE

COLUMNS = 40  # of the picture; the middle of the outermost looks 44 degrees to its side


def cells_in_view(walls: np.ndarray, targets: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """What each of B players sees from where it stands.

    Args:
        walls: [B, height, width] bool, solid where True; the border is.
        targets: [B, 2], row and column of the target.
        poses: [B, 3], x, y [map units], angle [degrees], in an open cell.

    Returns:
        [B, height, width] bool, walls among them.
    """
    slopes = (np.arange(COLUMNS) + 0.5) * 2 / COLUMNS - 1
    angle = (np.radians(poses[:, 2:]) - np.arctan(slopes)).ravel()  # a ray each
    who = np.repeat(np.arange(len(poses)), COLUMNS)
    row_way, row, row_turn, row_pitch = _crossings(-poses[who, 1] / CELL_SIZE, -np.sin(angle))
    col_way, col, col_turn, col_pitch = _crossings(poses[who, 0] / CELL_SIZE, np.cos(angle))
    rays = [who, row, row_way, row_turn, row_pitch, col, col_way, col_turn, col_pitch]

    seen = np.zeros(walls.shape, dtype=bool)
    while len(rays[0]):
        who, row, row_way, row_turn, row_pitch, col, col_way, col_turn, col_pitch = rays
        seen[who, row, col] = True
        ends = walls[who, row, col] | ((row == targets[who, 0]) & (col == targets[who, 1]))
        along_col = row_way < col_way  # the next side that the ray crosses leads to another row
        row = row + row_turn * along_col
        row_way = row_way + row_pitch * along_col
        col = col + col_turn * ~along_col
        col_way = col_way + col_pitch * ~along_col
        rays = [who, row, row_way, row_turn, row_pitch, col, col_way, col_turn, col_pitch]
        rays = [of_rays[~ends] for of_rays in rays]
    return seen


def _crossings(
    at: np.ndarray, speed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Where rays cross the sides of cells, along one axis.

    Args:
        at: [rays] where they begin, in cells.
        speed: [rays] how far they get along the axis by unit of their way.

    Returns:
        The way to the first crossing, the cell they begin in, the step to the next cell (-1 or 1),
        and the way from one crossing to the next.
    """
    speed = np.where(np.abs(speed) < 1e-9, 1e-9, speed)  # never parallel to a side
    cell = np.floor(at).astype(np.int64)
    to_side = np.where(speed > 0, cell + 1 - at, cell - at)
    return to_side / speed, cell, np.sign(speed).astype(np.int64), 1 / np.abs(speed)
