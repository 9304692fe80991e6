"""Sets of mazes: their settings, and splits that share no maze.

The content hash of a maze decides its split, whatever seed drew it: 80 % of all mazes are for
training, 10 % for validation, 10 % for testing. The paper's own split uses two seeds, so that about
9 % of its small test mazes are also training mazes; it is kept as `paper_train` and `paper_test`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import torch
from torch import Tensor

from ..core.errors import UserError
from ..core.validation import check, count, seed, share
from .generators import GENERATORS, generate_walls
from .maze import EAST, Maze, Pose
from .textures import TEXTURE_SETS

SPLITS = {"train": range(80), "validation": range(80, 90), "test": range(90, 100)}
PAPER_SEEDS = {"paper_train": 0, "paper_test": 1}
MAX_MISSES = 20_000  # draws in a row without a new maze after which a split is exhausted


@dataclass
class MazeTasks:
    """Settings of a set of mazes.

    Attributes:
        rooms: Rooms a side; the paper's small maze has 3, its large one 5.
        generator: A name in `mazes.generators.GENERATORS`.
        loops: Fraction of the remaining inner walls to open; 0 gives perfect mazes.
        num_starts: 1 starts every episode of a trial at the same place, as in the paper; K gives
            each of the episodes 1 .. K its own place.
        split: train, validation, test, or the paper's own paper_train, paper_test.
        num_mazes: Number of mazes; distinct, except in the paper's splits, which draw with
            replacement.
        seed: Seed of the draw. The paper's splits have their own seeds.
        texture_sets: Indices into `mazes.textures.TEXTURE_SETS`, from which each maze's textures
            are drawn.
    """

    rooms: int = count(3, least=2, most=1000)
    generator: str = "prim"
    loops: float = share(0.0)
    num_starts: int = count(1)
    split: str = "train"
    num_mazes: int = count(1000, most=10_000_000)
    seed: int = seed(0)
    texture_sets: list[int] = field(default_factory=lambda: [0, 1, 2, 3])

    def __post_init__(self):
        check(self, "suite.tasks")
        if self.generator not in GENERATORS:
            raise UserError(
                f"generator is {self.generator!r}; it must be one of {list(GENERATORS)}"
            )
        if not 1 <= self.num_starts <= self.rooms**2 - 1:
            raise UserError(
                f"num_starts is {self.num_starts}; {self.rooms}x{self.rooms} rooms hold the target "
                f"and from 1 to {self.rooms**2 - 1} starts"
            )
        if self.split not in (*SPLITS, *PAPER_SEEDS):
            raise UserError(f"split is {self.split!r}; it must be one of {[*SPLITS, *PAPER_SEEDS]}")
        if not self.texture_sets or not set(self.texture_sets) <= set(range(len(TEXTURE_SETS))):
            raise UserError(
                f"texture_sets is {list(self.texture_sets)}; it must name some of "
                f"0 .. {len(TEXTURE_SETS) - 1}"
            )


def generate_maze(tasks: MazeTasks, rng: np.random.Generator) -> Maze:
    """Draws one maze: layout, then distinct rooms for target and starts, all uniform."""
    walls = generate_walls(tasks.generator, tasks.rooms, tasks.loops, rng)
    rooms = rng.choice(tasks.rooms**2, size=tasks.num_starts + 1, replace=False)
    cells = [(2 * int(i // tasks.rooms) + 1, 2 * int(i % tasks.rooms) + 1) for i in rooms]
    texture_set = int(tasks.texture_sets[rng.integers(len(tasks.texture_sets))])
    starts = tuple(Pose(row, col, EAST) for row, col in cells[1:])
    return Maze(walls, starts, target=cells[0], texture_set=texture_set)


def split_of(maze: Maze) -> str:
    """The split that a maze belongs to."""
    bucket = int(maze.content_hash, 16) % 100
    return next(name for name, buckets in SPLITS.items() if bucket in buckets)


def share_among(mazes: Sequence[Maze], others: Sequence[MazeTasks]) -> float:
    """Fraction of `mazes` that also belong to the sets that `others` describe."""
    splits = {split_of(maze) for maze in mazes}
    known = set()
    for tasks in others:
        if not splits.isdisjoint(_splits(tasks)):
            known |= {maze.content_hash for maze in MazeSet.draw(tasks)}
    return float(np.mean([maze.content_hash in known for maze in mazes]))


def _splits(tasks: MazeTasks) -> set[str]:
    """Splits that mazes of a set may belong to; those of the paper's splits may belong to any."""
    return set(SPLITS) if tasks.split in PAPER_SEEDS else {tasks.split}


class TooFewMazesError(UserError):
    """A split has fewer different mazes than were asked for; `mazes` holds those it has."""

    def __init__(self, message: str, mazes: Sequence[Maze]):
        super().__init__(message)
        self.mazes = tuple(mazes)


class MazeSet(Sequence[Maze]):
    """The mazes of a run and the sampler of its tasks: a task is an index into the set.

    A simulator is built with the whole set, so that a task can be passed as one number.
    """

    def __init__(self, mazes: Sequence[Maze]):
        if not mazes:
            raise UserError("a set of mazes needs at least one")
        self.mazes = tuple(mazes)

    @classmethod
    def draw(cls, tasks: MazeTasks) -> "MazeSet":
        """Draws the set that the settings describe; the same settings give the same mazes.

        Raises:
            TooFewMazesError: The split has fewer different mazes than `num_mazes`.
        """
        if tasks.split in PAPER_SEEDS:
            rng = np.random.default_rng(PAPER_SEEDS[tasks.split])
            return cls([generate_maze(tasks, rng) for _ in range(tasks.num_mazes)])
        rng = np.random.default_rng(tasks.seed)
        mazes: dict[str, Maze] = {}
        misses = 0
        while len(mazes) < tasks.num_mazes:
            maze = generate_maze(tasks, rng)
            if split_of(maze) != tasks.split or maze.content_hash in mazes:
                misses += 1
            else:
                misses = 0
                mazes[maze.content_hash] = maze
            if misses > MAX_MISSES:
                raise TooFewMazesError(
                    f"num_mazes is {tasks.num_mazes}; {tasks.rooms}x{tasks.rooms} rooms of "
                    f"generator {tasks.generator!r} have only about {len(mazes)} different mazes "
                    f"in split {tasks.split!r}; give fewer, suite.tasks.num_mazes=... in a "
                    "training and num_trials=... in an evaluation",
                    list(mazes.values()),
                )
        return cls(list(mazes.values()))

    def sample(self, rng: torch.Generator, num_tasks: int) -> Tensor:
        """Draws maze indices [num_tasks] int64, uniform with replacement."""
        return torch.randint(len(self), (num_tasks,), generator=rng, device=rng.device)

    def __len__(self) -> int:
        return len(self.mazes)

    @overload
    def __getitem__(self, index: int) -> Maze: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Maze, ...]: ...
    def __getitem__(self, index):
        return self.mazes[index]

    def __iter__(self) -> Iterator[Maze]:
        return iter(self.mazes)
