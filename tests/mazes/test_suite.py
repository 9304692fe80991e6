"""What the maze suite says of its own settings."""

import pytest

from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks


@pytest.mark.parametrize(
    ("rooms", "movement", "horizon", "doubted"),
    [
        (3, "grid", 50, False),
        (5, "walk", 1000, False),
        (5, "grid", 50, True),
        (3, "walk", 500, True),
        (4, "walk", 77, False),  # no size of the project's
    ],
)
def test_a_horizon_of_another_size_is_doubted(rooms, movement, horizon, doubted):
    rules = MazeRules(movement=movement, horizon=horizon)
    doubt = MazeSuite(tasks=MazeTasks(rooms=rooms), rules=rules).doubt()
    assert (doubt is not None) == doubted
    if doubt:
        assert doubt.startswith(f"suite.rules.horizon is {horizon}; {rooms}x{rooms} rooms")
