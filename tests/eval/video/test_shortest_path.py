"""The shortest path as poses: as long as the planner says, and through no wall."""

import numpy as np
import pytest

from rl2_mazes.eval.video.shortest_path import shortest_path
from rl2_mazes.mazes.geometry import cell_centre, cells_of
from rl2_mazes.mazes.planning.shortest_paths import shortest_lengths
from rl2_mazes.mazes.rules import PLAYER_RADIUS, TARGET_SIZE, TOUCH_GAP
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks


def test_on_the_grid(corner):
    """East, east, a turn to the north, and twice forward, into the target."""
    path = shortest_path(corner, "grid")
    assert path.tolist() == [
        [144, -336, 0],
        [240, -336, 0],
        [336, -336, 0],
        [336, -336, 90],
        [336, -240, 90],
        [336, -144, 90],
    ]


@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_it_is_as_long_as_the_planner_says(movement):
    mazes = MazeSet.draw(MazeTasks(num_mazes=2, num_starts=2, loops=0.3)).mazes
    for maze, lengths in zip(mazes, shortest_lengths(mazes, movement, 2), strict=True):
        for episode, length in enumerate(lengths):
            path = shortest_path(maze, movement, episode)
            assert len(path) == length + 1
            assert path[0, :2] == pytest.approx(cell_centre(maze.start(episode).cell))
            rows, cols = cells_of(path).T
            assert not maze.walls[rows, cols].any()


def test_a_walk_ends_at_the_target(corner):
    x, y, _ = shortest_path(corner, "walk")[-1]
    aside = np.abs([x - 336, y + 144]).max() - TARGET_SIZE / 2 - PLAYER_RADIUS
    assert 0 <= aside <= TOUCH_GAP
