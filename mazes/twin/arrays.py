"""What the kernels read as arrays: a set of mazes, their textures, the picture's reduction.

Named tuples of numpy arrays, because numba takes those as they are; on a GPU the same fields become
tensors, uploaded once.
"""

from typing import NamedTuple

import numpy as np

from ...core.errors import UserError
from ..dynamics.collision import block_origin
from ..rules import CEILING_HEIGHT, CELL_SIZE
from ..tasks import MazeSet
from ..textures import PALETTE, TARGET_TEXTURE, TEXTURE_SETS
from .raycast import CHANNEL_BITS, HEIGHT, TEXTURE_PERIOD, WIDTH, flat_distance

MAX_SIDE = 341  # cells: the engine's coordinates end at 32,768 map units
WEIGHT_ONE = 2048  # a weight of 1 in the reduction, as OpenCV counts it


class MazeTable(NamedTuple):
    """N mazes, each padded with solid cells to the largest one's size."""

    walls: np.ndarray  # [N, height, width] uint8, 1 where solid
    target: np.ndarray  # [N, 2] int64: row, column
    starts: np.ndarray  # [N, K, 3] int64: row, column, heading; the first num_starts count
    num_starts: np.ndarray  # [N] int64
    origin: np.ndarray  # [N, 2] int64: the corner (x, y) of the engine's blocks, fixed
    texture_set: np.ndarray  # [N] int64


class Looks(NamedTuple):
    """S sets of textures, as palette indices; the target's texture is the last of the walls."""

    wall: np.ndarray  # [S + 1, memory] uint8, column after column of 104 texels
    flat: np.ndarray  # [S, 2, 64, 64] uint8: floor, ceiling
    packed_palette: np.ndarray  # [256] int64: red, green, blue in 21 bits each, red lowest


class Reduction(NamedTuple):
    """Which pixels of the engine's picture each pixel of an observation mixes, and how."""

    col: np.ndarray  # [W, 2] int64: columns of the engine's picture
    col_weight: np.ndarray  # [W, 2] int64, in 1/2048
    rows_read: np.ndarray  # [R] int64: rows of the engine's picture that are needed at all
    flat_distance: np.ndarray  # [R] float64: of floor or ceiling in those rows, map units
    row: np.ndarray  # [H, 2] int64: indices into rows_read
    row_weight: np.ndarray  # [H, 2] int64, in 1/2048


def maze_table(mazes: MazeSet) -> MazeTable:
    """A set of mazes as arrays."""
    height = max(maze.walls.shape[0] for maze in mazes)
    width = max(maze.walls.shape[1] for maze in mazes)
    if max(height, width) > MAX_SIDE:
        raise UserError(
            f"a maze of {max(height, width)} cells a side is larger than the {MAX_SIDE} that fit "
            f"into the engine's coordinates; lower rooms to {(MAX_SIDE - 1) // 2} or less"
        )
    walls = np.ones((len(mazes), height, width), np.uint8)
    most_starts = max(len(maze.starts) for maze in mazes)
    starts = np.zeros((len(mazes), most_starts, 3), np.int64)
    for index, maze in enumerate(mazes):
        walls[index, : maze.walls.shape[0], : maze.walls.shape[1]] = maze.walls
        starts[index, : len(maze.starts)] = maze.starts
    return MazeTable(
        walls=walls,
        target=np.array([maze.target for maze in mazes], np.int64),
        starts=starts,
        num_starts=np.array([len(maze.starts) for maze in mazes], np.int64),
        origin=np.array([block_origin(maze.walls) for maze in mazes], np.int64),
        texture_set=np.array([maze.texture_set for maze in mazes], np.int64),
    )


def looks_table() -> Looks:
    """All textures as arrays."""
    memory = np.zeros(
        (len(TEXTURE_SETS) + 1, CELL_SIZE * CEILING_HEIGHT + TEXTURE_PERIOD), np.uint8
    )
    for texels, texture in zip(
        memory, [*(looks.wall for looks in TEXTURE_SETS), TARGET_TEXTURE], strict=True
    ):
        texels[: texture.size] = texture.T.ravel()
    flats = [(looks.floor, looks.ceiling) for looks in TEXTURE_SETS]
    shifts = CHANNEL_BITS * np.arange(3)
    packed = (PALETTE.astype(np.int64) << shifts).sum(axis=1)
    return Looks(wall=memory, flat=np.array(flats, np.uint8), packed_palette=packed)


def reduction_table(height: int, width: int) -> Reduction:
    """The bilinear reduction of the engine's 160x120 pixels, exactly as OpenCV does it."""
    col, col_weight = _taps(WIDTH, width)
    row, row_weight = _taps(HEIGHT, height)
    rows_read, row_index = np.unique(row, return_inverse=True)
    return Reduction(
        col=col,
        col_weight=col_weight,
        rows_read=rows_read,
        flat_distance=np.array([flat_distance(row) for row in rows_read]),
        row=row_index.reshape(row.shape),
        row_weight=row_weight,
    )


def _taps(size: int, reduced: int) -> tuple[np.ndarray, np.ndarray]:
    """For each reduced pixel along one side, the two pixels that it mixes and their weights."""
    centre = ((np.arange(reduced) + 0.5) * (size / reduced) - 0.5).astype(np.float32)
    first = np.floor(centre).astype(np.int64)
    part = (centre - first).astype(np.float32)
    part[(first < 0) | (first >= size - 1)] = 0
    first = first.clip(0, size - 1)
    weights = np.stack([1 - part, part], axis=1) * WEIGHT_ONE
    second = np.minimum(first + 1, size - 1)
    return np.stack([first, second], axis=1), np.rint(weights).astype(np.int64)
