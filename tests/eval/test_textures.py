import numpy as np
import pytest

from rl2_mazes.eval.textures import draw, facing_the_target
from rl2_mazes.mazes.maze import STEP
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.textures import TEXTURE_SETS


def test_every_player_looks_at_the_target_two_cells_away():
    for maze in MazeSet.draw(MazeTasks(num_mazes=20)):
        start = facing_the_target(maze).start(0)
        step = STEP[start.heading]
        assert (start.row + 2 * step[0], start.col + 2 * step[1]) == maze.target(0)


@pytest.mark.slow
def test_the_target_is_seen_in_every_texture_set():
    picture = draw()
    tile_height, tile_width = 240 + 8, 320 + 8 + 240 + 8
    assert picture.shape == (2 * tile_height, 3 * tile_width, 3)
    for i in range(len(TEXTURE_SETS)):
        row, col = divmod(i, 3)
        view = picture[row * tile_height :, col * tile_width :][:240, :320].astype(np.int64)
        middle = view[100:140, 120:140].reshape(-1, 3).mean(0)  # left of the ring's middle
        assert middle[0] > 2 * middle[2]
        assert middle[0] > 150
