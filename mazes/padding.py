"""Grids of different sizes as one array."""

from collections.abc import Sequence

import numpy as np

from .maze import Maze


def stack_padded(grids: Sequence[np.ndarray], fill: float | int) -> np.ndarray:
    """Stacks arrays that may differ in shape, each in the corner of index 0.

    Args:
        grids: N arrays of one dtype and number of axes.
        fill: Value of the entries beyond an array's own.

    Returns:
        [N, ...], as long along each axis as the longest array.
    """
    shape = np.max([grid.shape for grid in grids], axis=0)
    stacked = np.full((len(grids), *shape), fill, dtype=grids[0].dtype)
    for index, grid in enumerate(grids):
        stacked[(index, *map(slice, grid.shape))] = grid
    return stacked


def padded_walls(mazes: Sequence[Maze]) -> np.ndarray:
    """Walls of some mazes, [N, height, width] bool, True where solid and beyond a maze."""
    return stack_padded([maze.walls for maze in mazes], fill=True)
