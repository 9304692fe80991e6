"""The `Maze` record: plain data, independent of any simulator.

A maze is a grid of cells. Rooms lie at odd rows and columns; the cells between them are walls or
openings; the border is wall. Row 0 is north, column 0 is west. Headings count quarter turns
counter-clockwise from east, as Doom's angles do.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..core.errors import UserError

EAST, NORTH, WEST, SOUTH = range(4)
STEP = ((0, 1), (-1, 0), (0, -1), (1, 0))  # (row, column) of one cell forward, by heading


class Pose(NamedTuple):
    """A cell and a heading."""

    row: int
    col: int
    heading: int = EAST

    @property
    def cell(self) -> tuple[int, int]:
        """(row, column)."""
        return self.row, self.col


@dataclass(frozen=True, eq=False)
class Maze:
    """One maze: walls, starts, target and textures.

    Attributes:
        walls: [height, width] bool, True where solid; the border is all True.
        starts: Episode i of a trial starts at `starts[i % len(starts)]`; the paper's mazes have
            one start.
        target: (row, column) of the cell that the target box fills.
        texture_set: Index into `mazes.textures.TEXTURE_SETS`.
    """

    walls: np.ndarray
    starts: tuple[Pose, ...]
    target: tuple[int, int]
    texture_set: int = 0

    def __post_init__(self):
        walls = np.array(self.walls, dtype=bool)
        walls.setflags(write=False)
        object.__setattr__(self, "walls", walls)
        if walls.ndim != 2 or not all(
            side.all() for side in (walls[0], walls[-1], walls[:, 0], walls[:, -1])
        ):
            raise UserError("walls must be a [height, width] grid with a solid border")
        for cell in (*(start.cell for start in self.starts), self.target):
            if not all(0 <= at < size for at, size in zip(cell, walls.shape, strict=True)):
                raise UserError(f"cell {cell} lies outside the {walls.shape} grid")
            if walls[cell]:
                raise UserError(f"cell {cell} is inside a wall; starts and target must be open")
        if not self.starts or self.target in {start.cell for start in self.starts}:
            raise UserError("a maze needs a start, and no start may be the target's cell")

    @cached_property
    def content_hash(self) -> str:
        """Hash of walls, starts and target.

        Textures are left out: a maze in other textures is the same maze, and splits that are
        disjoint by this hash share no layout.
        """
        content = np.array([*self.walls.shape, *self.target, *np.ravel(self.starts)], np.int32)
        data = content.tobytes() + np.packbits(self.walls).tobytes()
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    @cached_property
    def layout_hash(self) -> str:
        """Hash of the walls alone; mirrored and turned layouts have the same."""
        turned = [
            walls[rows, cols]
            for walls in (self.walls, self.walls.T)
            for rows in (slice(None), slice(None, None, -1))
            for cols in (slice(None), slice(None, None, -1))
        ]
        least = min(np.array(walls.shape, np.int32).tobytes() + walls.tobytes() for walls in turned)
        return hashlib.blake2b(least, digest_size=16, salt=b"layout").hexdigest()

    def start(self, episode: int) -> Pose:
        """Start of episode `episode` of a trial."""
        return self.starts[episode % len(self.starts)]

    def __str__(self) -> str:
        """Map in characters: # for walls, X for the target, arrows for starts."""
        rows = [["#" if wall else " " for wall in row] for row in self.walls]
        for start in self.starts:
            rows[start.row][start.col] = ">^<v"[start.heading]
        rows[self.target[0]][self.target[1]] = "X"
        return "\n".join("".join(row) for row in rows)
