"""Cells and world coordinates, by hand; padding of mazes of different sizes."""

import numpy as np
import pytest

from rl2_mazes.mazes.geometry import cell_centre, cell_of, cells_of, heading_of, world_pose
from rl2_mazes.mazes.maze import NORTH, Maze, Pose
from rl2_mazes.mazes.padding import padded_walls, stack_padded


def test_cell_centres():
    assert cell_centre((0, 0)) == (48, -48)
    assert cell_centre((1, 3)) == (336, -144)
    assert world_pose(Pose(1, 3, NORTH)) == (336, -144, 90)


@pytest.mark.parametrize(
    ("x", "y", "cell"), [(288.5, -96.5, (1, 3)), (383.5, -191.5, (1, 3)), (384.5, -192.5, (2, 4))]
)
def test_cells_of_places(x, y, cell):
    assert cell_of([x, y, 0.0]) == cell
    assert cells_of(np.array([[x, y, 0.0]])).tolist() == [list(cell)]


def test_headings_are_rounded():
    assert [heading_of([0, 0, angle]) for angle in (0, 44, 46, 270, 316, 359)] == [0, 0, 1, 3, 0, 0]


def test_padding_fills_what_lies_beyond():
    stacked = stack_padded([np.array([[1, 2]]), np.array([[3], [4]])], fill=0)
    assert stacked.tolist() == [[[1, 2], [0, 0]], [[3, 0], [4, 0]]]


def test_beyond_a_maze_everything_is_solid():
    mazes = []
    for width in (4, 6):
        walls = np.ones((3, width), dtype=bool)
        walls[1, 1:-1] = False
        mazes.append(Maze(walls, (Pose(1, 1),), ((1, 2),)))
    assert (~padded_walls(mazes)).sum(axis=(1, 2)).tolist() == [2, 4]
    assert padded_walls(mazes)[0, :, 4:].all()
