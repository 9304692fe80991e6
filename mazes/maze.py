"""The `Maze` record: plain data, independent of any simulator.

A maze is a grid of cells. Rooms lie at odd rows and columns; the cells between them are walls or
openings; the border is wall. Row 0 is north, column 0 is west. Headings count quarter turns
counter-clockwise from east, as Doom's angles do.
"""

import hashlib
import math
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
    """One maze: walls, starts, targets and textures.

    Attributes:
        walls: [height, width] bool, True where solid; the border is all True.
        starts: Episode i of a trial starts at `starts[i % len(starts)]`; the paper's mazes have
            one start.
        targets: (row, column) of the cell that the target box fills, of episode i
            `targets[i % len(targets)]`; the paper's mazes have one target.
        texture_set: Index into `mazes.textures.TEXTURE_SETS`.
    """

    walls: np.ndarray
    starts: tuple[Pose, ...]
    targets: tuple[tuple[int, int], ...]
    texture_set: int = 0

    def __post_init__(self):
        walls = np.array(self.walls, dtype=bool)
        walls.setflags(write=False)
        object.__setattr__(self, "walls", walls)
        if walls.ndim != 2 or not all(
            side.all() for side in (walls[0], walls[-1], walls[:, 0], walls[:, -1])
        ):
            raise UserError("walls must be a [height, width] grid with a solid border")
        if not self.starts or not self.targets:
            raise UserError("a maze needs a start and a target")
        for cell in (*(start.cell for start in self.starts), *self.targets):
            if not all(0 <= at < size for at, size in zip(cell, walls.shape, strict=True)):
                raise UserError(f"cell {cell} lies outside the {walls.shape} grid")
            if walls[cell]:
                raise UserError(f"cell {cell} is inside a wall; starts and targets must be open")
        for episode in range(self.period):
            if self.start(episode).cell == self.target(episode):
                raise UserError(
                    f"episode {episode + 1} starts on its target, in cell {self.target(episode)}; "
                    "start and target of an episode must differ"
                )

    @property
    def period(self) -> int:
        """Number of episodes after which starts and targets recur together."""
        return math.lcm(len(self.starts), len(self.targets))

    @cached_property
    def content_hash(self) -> str:
        """Hash of walls, starts and targets.

        Textures are left out: a maze in other textures is the same maze. Splits that are disjoint
        by this hash share no maze; they may share a layout with other starts or targets.
        """
        first, *more = self.targets
        content = [*self.walls.shape, *first, *np.ravel(self.starts)]
        if more:  # behind a mark that is no coordinate: mazes of one target keep their hash
            content += [-1, *np.ravel(more)]
        data = np.array(content, np.int32).tobytes() + np.packbits(self.walls).tobytes()
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

    def target(self, episode: int) -> tuple[int, int]:
        """Target of episode `episode` of a trial: (row, column)."""
        return self.targets[episode % len(self.targets)]

    def __str__(self) -> str:
        """Map in characters: # for walls, X for targets, arrows for starts."""
        rows = [["#" if wall else " " for wall in row] for row in self.walls]
        for start in self.starts:
            rows[start.row][start.col] = ">^<v"[start.heading]
        for row, col in self.targets:
            rows[row][col] = "X"
        return "\n".join("".join(row) for row in rows)
