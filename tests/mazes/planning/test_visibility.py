"""Visible cells, by hand and against tiny steps along each ray."""

import numpy as np
import pytest

from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.planning.visibility import COLUMNS, visible_cells
from rl2_mazes.mazes.rules import CELL_SIZE
from rl2_mazes.mazes.tasks import MazeTasks, generate_maze


def visible(maze: Maze, row: float, col: float, angle: float) -> np.ndarray:
    pose = np.array([[(col + 0.5) * CELL_SIZE, -(row + 0.5) * CELL_SIZE, angle]])
    return visible_cells(maze.walls[None], np.array(maze.targets), pose)[0]


@pytest.fixture
def corridor() -> Maze:
    """Along row 1, with a niche south of its centre; the target closes the east."""
    walls = np.ones((4, 9), dtype=bool)
    walls[1, 1:8] = walls[2, 4] = False
    return Maze(walls, (Pose(1, 1),), targets=((1, 6),))


def as_text(seen: np.ndarray) -> list[str]:
    return ["".join("x" if cell else "." for cell in row) for row in seen]


def test_a_corridor_by_hand(corridor):
    """East from its west end: its sides, into the niche, nothing behind the target.

    The ray of slope s meets a side 0.5 / s cells ahead. The steepest, .975, does so at column 2; of
    .125 at column 5; .075 and less reach the target. That of .175 passes into the niche at column
    4.36 and ends at its east wall; (3, 4) lies too far to the side.
    """
    assert as_text(visible(corridor, 1, 1, 0.0)) == [
        "..xxxx...",
        ".xxxxxx..",
        "..xxxx...",
        ".........",
    ]


def test_close_to_a_wall_only_that_wall_is_visible(corridor):
    assert as_text(visible(corridor, 1, 3, 90.0)) == [
        "...x.....",
        "...x.....",
        ".........",
        ".........",
    ]


def test_down_the_niche(corridor):
    assert as_text(visible(corridor, 1, 4, 270.0))[2:] == ["...xxx...", "....x...."]


def tiny_steps(maze: Maze, pose: np.ndarray) -> np.ndarray:
    """Visible cells by walking along each ray, a four-hundredth of a cell at a time."""
    seen = np.zeros(maze.walls.shape, dtype=bool)
    for column in range(COLUMNS):
        aside = np.arctan((column + 0.5) * 2 / COLUMNS - 1)
        angle = np.radians(pose[2]) - aside
        for step in range(10_000):
            x = pose[0] + np.cos(angle) * step * CELL_SIZE / 400
            y = pose[1] + np.sin(angle) * step * CELL_SIZE / 400
            cell = int(-y // CELL_SIZE), int(x // CELL_SIZE)
            seen[cell] = True
            if maze.walls[cell] or cell == maze.target(0):
                break
    return seen


def test_rays_are_those_of_tiny_steps(rng):
    """From random places; tiny steps may skip the tip of a corner and see one cell less."""
    extra = total = 0
    for _ in range(12):
        maze = generate_maze(MazeTasks(rooms=4, generator="wilson", loops=0.3), rng)
        row, col = maze.start(0).cell
        place = rng.uniform(-0.3, 0.3, 2)
        angle = rng.uniform(0, 360)
        got = visible(maze, row + place[0], col + place[1], angle)
        pose = [(col + place[1] + 0.5) * CELL_SIZE, -(row + place[0] + 0.5) * CELL_SIZE, angle]
        expected = tiny_steps(maze, np.array(pose))
        assert (got | ~expected).all()
        extra += (got & ~expected).sum()
        total += expected.sum()
    assert extra <= 0.02 * total


def test_a_batch_is_its_parts(corridor, rng):
    mazes = [generate_maze(MazeTasks(rooms=3), rng) for _ in range(5)]
    cells = [maze.start(0).cell for maze in mazes]
    places = [((col + 0.5) * CELL_SIZE, -(row + 0.5) * CELL_SIZE) for row, col in cells]
    poses = np.array([(*place, 90.0 * index) for index, place in enumerate(places)])
    batch = visible_cells(
        np.stack([maze.walls for maze in mazes]),
        np.array([maze.target(0) for maze in mazes]),
        poses,
    )
    for maze, (row, col), pose, seen in zip(mazes, cells, poses, batch, strict=True):
        assert (visible(maze, row, col, pose[2]) == seen).all()
