"""The oracle's way, as long as the oracle says and through no wall."""

import numpy as np
import pytest

from rl2_mazes.eval.video.shortest_path import shortest_way
from rl2_mazes.mazes.planning.shortest_paths import shortest_lengths
from rl2_mazes.mazes.rules import CELL_SIZE, PLAYER_RADIUS, TARGET_SIZE, TOUCH_GAP
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks


def test_on_the_grid(corner):
    """East, east, a turn to the north, and twice forward, into the target."""
    way = shortest_way(corner, "grid")
    assert way.tolist() == [
        [144, -336, 0],
        [240, -336, 0],
        [336, -336, 0],
        [336, -336, 90],
        [336, -240, 90],
        [336, -144, 90],
    ]


@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_it_is_as_long_as_the_oracle_says(movement):
    mazes = MazeSet.draw(MazeTasks(num_mazes=4, num_starts=2, loops=0.3)).mazes
    for maze, lengths in zip(mazes, shortest_lengths(mazes, movement, 2), strict=True):
        for episode, length in enumerate(lengths):
            way = shortest_way(maze, movement, episode)
            assert len(way) == length + 1
            start = maze.start(episode)
            middle = (start.col + 0.5) * CELL_SIZE, -(start.row + 0.5) * CELL_SIZE
            assert way[0, :2] == pytest.approx(middle)
            cols, rows = np.floor(way[:, :2] / CELL_SIZE * [1, -1]).astype(int).T
            assert not maze.walls[rows, cols].any()


def test_a_walk_ends_at_the_target(corner):
    x, y, _ = shortest_way(corner, "walk")[-1]
    aside = np.abs([x - 336, y + 144]).max() - TARGET_SIZE / 2 - PLAYER_RADIUS
    assert 0 <= aside <= TOUCH_GAP
