"""Sets of mazes: their settings, and splits that share no maze.

A hash decides the split of a maze, whatever seed drew it. With `split_by=maze` it is the hash of
walls, starts and targets: 80 % of all mazes are for training, 10 % for validation and for testing,
and layouts recur with other starts and targets. With `split_by=layout` it is the hash of the walls,
with 70, 10 and 20 %: every test layout is new, also mirrored and turned. The paper's own split uses
two seeds, so that about 9 % of its small test mazes are also training mazes; it is kept as
`paper_train` and `paper_test`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

import numpy as np

from ..core.errors import UserError
from ..core.validation import check, count, seed, share
from .generators import GENERATORS, generate_walls
from .maze import EAST, Maze, Pose
from .textures import TEXTURE_SETS

if TYPE_CHECKING:  # the environments of gymnasium do without torch
    import torch

SPLITS = {
    "maze": {"train": range(80), "validation": range(80, 90), "test": range(90, 100)},
    # 3x3 rooms have 28 layouts without loops: 18, 3 and 7 by these shares
    "layout": {"train": range(70), "validation": range(70, 80), "test": range(80, 100)},
}
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
        num_targets: 1 leaves the target in its room in every episode of a trial, as in the paper;
            K gives each of the episodes 1 .. K its own room.
        split: train, validation, test, or the paper's own paper_train, paper_test.
        split_by: maze: no maze of one split is in another; layout: no layout either, and mirrored
            and turned layouts count as the same. The paper's splits ignore it.
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
    num_targets: int = count(1)
    split: str = "train"
    split_by: str = "maze"
    num_mazes: int = count(1000, most=10_000_000)
    seed: int = seed(0)
    texture_sets: list[int] = field(default_factory=lambda: [0, 1, 2, 3])

    def __post_init__(self):
        check(self, "suite.tasks")
        GENERATORS.get(self.generator)
        if self.num_starts + self.num_targets > self.rooms**2:
            raise UserError(
                f"suite.tasks.num_starts is {self.num_starts} and num_targets is "
                f"{self.num_targets}; each has a room of its own, and {self.rooms}x{self.rooms} "
                f"rooms are only {self.rooms**2}"
            )
        if self.split_by not in SPLITS:
            raise UserError(
                f"suite.tasks.split_by is {self.split_by!r}; it must be one of {list(SPLITS)}"
            )
        known = [*SPLITS[self.split_by], *PAPER_SEEDS]
        if self.split not in known:
            raise UserError(f"suite.tasks.split is {self.split!r}; it must be one of {known}")
        if not self.texture_sets or not set(self.texture_sets) <= set(range(len(TEXTURE_SETS))):
            raise UserError(
                f"suite.tasks.texture_sets is {list(self.texture_sets)}; it must name some of "
                f"0 .. {len(TEXTURE_SETS) - 1}"
            )

    @property
    def split_name(self) -> str:
        """Split, and if it is by layout, that it is."""
        by_layout = self.split_by == "layout" and self.split not in PAPER_SEEDS
        return f"{self.split} by layout" if by_layout else self.split


def generate_maze(tasks: MazeTasks, rng: np.random.Generator) -> Maze:
    """Draws one maze: layout, then distinct rooms for targets and starts, all uniform."""
    walls = generate_walls(tasks.generator, tasks.rooms, tasks.loops, rng)
    rooms = rng.choice(tasks.rooms**2, size=tasks.num_starts + tasks.num_targets, replace=False)
    cells = [(2 * int(i // tasks.rooms) + 1, 2 * int(i % tasks.rooms) + 1) for i in rooms]
    texture_set = int(tasks.texture_sets[rng.integers(len(tasks.texture_sets))])
    target, *rest = cells
    starts = tuple(Pose(row, col, EAST) for row, col in rest[: tasks.num_starts])
    return Maze(walls, starts, (target, *rest[tasks.num_starts :]), texture_set)


def split_of(maze: Maze, split_by: str = "maze") -> str:
    """The split that a maze belongs to."""
    digest = maze.layout_hash if split_by == "layout" else maze.content_hash
    bucket = int(digest, 16) % 100
    return next(name for name, buckets in SPLITS[split_by].items() if bucket in buckets)


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
        return cls(list(draw_mazes(tasks)))

    def sample(self, rng: "torch.Generator", num_tasks: int) -> "torch.Tensor":
        """Draws maze indices [num_tasks] int64, uniform with replacement."""
        import torch

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


def draw_mazes(tasks: MazeTasks) -> Iterator[Maze]:
    """Draw the mazes of a set one by one; see `MazeSet.draw`."""
    if tasks.split in PAPER_SEEDS:
        rng = np.random.default_rng(PAPER_SEEDS[tasks.split])
        yield from (generate_maze(tasks, rng) for _ in range(tasks.num_mazes))
        return
    rng = np.random.default_rng(tasks.seed)
    mazes: dict[str, Maze] = {}
    misses = 0
    while len(mazes) < tasks.num_mazes:
        maze = generate_maze(tasks, rng)
        if split_of(maze, tasks.split_by) != tasks.split or maze.content_hash in mazes:
            misses += 1
        else:
            misses = 0
            mazes[maze.content_hash] = maze
            yield maze
        if misses > MAX_MISSES:
            raise TooFewMazesError(_too_few(tasks, mazes.values()), list(mazes.values()))


def _too_few(tasks: MazeTasks, mazes: Collection[Maze]) -> str:
    layouts = len({maze.layout_hash for maze in mazes})
    of = f" of {layouts} layouts, split by layout" if tasks.split_by == "layout" else ""
    return (
        f"num_mazes is {tasks.num_mazes}; {tasks.rooms}x{tasks.rooms} rooms of generator "
        f"{tasks.generator!r} have only about {len(mazes)} different mazes in split "
        f"{tasks.split!r}{of}; give fewer, suite.tasks.num_mazes=... in a training and "
        "num_trials=... in an evaluation"
    )
