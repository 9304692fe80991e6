import pytest
from support.pictures import draw_maze

from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.maze import Maze
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks


@pytest.fixture(scope="session")
def corridor() -> Maze:
    return draw_maze(
        """
        #########
        #.>....X#
        #########
        """
    )


@pytest.fixture(scope="session")
def small_mazes() -> MazeSet:
    return MazeSet.draw(MazeTasks(rooms=3, num_mazes=8, num_starts=2))


@pytest.fixture
def open_pool():
    """DoomPool, closed at the end of the test."""
    pools = []

    def open_one(*args, **kwargs) -> DoomPool:
        pools.append(DoomPool(*args, **kwargs))
        return pools[-1]

    yield open_one
    for pool in pools:
        pool.close()
