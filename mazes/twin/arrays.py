"""Arrays that the kernels read: mazes, textures, and the downsampling of frames.

They are named tuples of numpy arrays, which numba accepts as they are. On a GPU the same fields are
tensors, uploaded once.
"""

from typing import NamedTuple

import numpy as np

from ...core.errors import UserError
from ..dynamics.collision import block_origin
from ..padding import padded_walls, stack_padded
from ..rules import CEILING_HEIGHT, CELL_SIZE
from ..tasks import MazeSet
from ..textures import PALETTE, TARGET_TEXTURE, TEXTURE_SETS
from .raycast import CHANNEL_BITS, HEIGHT, TEXTURE_PERIOD, WIDTH, flat_distance

MAX_SIDE = 341  # cells: coordinates of the engine end at 32,768 map units
WEIGHT_ONE = 2048  # a weight of 1 in OpenCV's fixed-point arithmetic


class MazeTable(NamedTuple):
    """N mazes, each padded with solid cells to the largest one's size."""

    walls: np.ndarray  # [N, height, width] uint8, 1 where solid
    targets: np.ndarray  # [N, T, 2] int64: row, column; the first num_targets are used
    num_targets: np.ndarray  # [N] int64
    starts: np.ndarray  # [N, K, 3] int64: row, column, heading; the first num_starts are used
    num_starts: np.ndarray  # [N] int64
    origin: np.ndarray  # [N, 2] int64: origin (x, y) of the engine's blocks, fixed
    texture_set: np.ndarray  # [N] int64


class TextureTable(NamedTuple):
    """S texture sets as palette indices; the target's texture is the last wall texture."""

    wall: np.ndarray  # [S + 1, memory] uint8, column after column of 104 texels
    flat: np.ndarray  # [S, 2, 64, 64] uint8: floor, ceiling
    packed_palette: np.ndarray  # [256] int64: red, green, blue in 21 bits each, red lowest


class Downsampling(NamedTuple):
    """Pixels of the engine's frame that each pixel of an observation mixes, with weights."""

    col: np.ndarray  # [W, 2] int64: columns of the engine's frame
    col_weight: np.ndarray  # [W, 2] int64, in 1/2048
    rows_read: np.ndarray  # [R] int64: rows of the engine's frame that are used
    flat_distance: np.ndarray  # [R] float64: distance of floor or ceiling in those rows, map units
    row: np.ndarray  # [H, 2] int64: indices into rows_read
    row_weight: np.ndarray  # [H, 2] int64, in 1/2048


def maze_table(mazes: MazeSet) -> MazeTable:
    """A set of mazes as arrays."""
    walls = padded_walls(mazes)
    side = max(walls.shape[1:])
    if side > MAX_SIDE:
        raise UserError(
            f"a maze of {side} cells a side is larger than the {MAX_SIDE} that fit "
            f"into the engine's coordinates; lower rooms to {(MAX_SIDE - 1) // 2} or less"
        )
    return MazeTable(
        walls=walls.astype(np.uint8),
        targets=stack_padded([np.array(maze.targets) for maze in mazes], fill=0),
        num_targets=np.array([len(maze.targets) for maze in mazes], np.int64),
        starts=stack_padded([np.array(maze.starts) for maze in mazes], fill=0),
        num_starts=np.array([len(maze.starts) for maze in mazes], np.int64),
        origin=np.array([block_origin(maze.walls) for maze in mazes], np.int64),
        texture_set=np.array([maze.texture_set for maze in mazes], np.int64),
    )


def texture_table() -> TextureTable:
    """All textures as arrays."""
    memory = np.zeros(
        (len(TEXTURE_SETS) + 1, CELL_SIZE * CEILING_HEIGHT + TEXTURE_PERIOD), np.uint8
    )
    for texels, texture in zip(
        memory, [*(textures.wall for textures in TEXTURE_SETS), TARGET_TEXTURE], strict=True
    ):
        texels[: texture.size] = texture.T.ravel()
    flats = [(textures.floor, textures.ceiling) for textures in TEXTURE_SETS]
    shifts = CHANNEL_BITS * np.arange(3)
    packed = (PALETTE.astype(np.int64) << shifts).sum(axis=1)
    return TextureTable(wall=memory, flat=np.array(flats, np.uint8), packed_palette=packed)


def downsampling_table(height: int, width: int) -> Downsampling:
    """Bilinear downsampling of the engine's 160x120 pixels, exactly as in OpenCV."""
    col, col_weight = _taps(WIDTH, width)
    row, row_weight = _taps(HEIGHT, height)
    rows_read, row_index = np.unique(row, return_inverse=True)
    return Downsampling(
        col=col,
        col_weight=col_weight,
        rows_read=rows_read,
        flat_distance=np.array([flat_distance(row) for row in rows_read]),
        row=row_index.reshape(row.shape),
        row_weight=row_weight,
    )


def _taps(size: int, reduced: int) -> tuple[np.ndarray, np.ndarray]:
    """The two pixels that each pixel along one reduced side mixes, and their weights."""
    centre = ((np.arange(reduced) + 0.5) * (size / reduced) - 0.5).astype(np.float32)
    first = np.floor(centre).astype(np.int64)
    part = (centre - first).astype(np.float32)
    part[(first < 0) | (first >= size - 1)] = 0
    first = first.clip(0, size - 1)
    weights = np.stack([1 - part, part], axis=1) * WEIGHT_ONE
    second = np.minimum(first + 1, size - 1)
    return np.stack([first, second], axis=1), np.rint(weights).astype(np.int64)
