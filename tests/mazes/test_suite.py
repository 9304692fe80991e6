"""Facts that the maze suite derives from its settings."""

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks


@pytest.mark.parametrize(
    ("rooms", "movement", "horizon", "warned"),
    [
        (3, "grid", 50, False),
        (5, "walk", 1000, False),
        (5, "grid", 50, True),
        (3, "walk", 500, True),
        (4, "walk", 77, False),  # not one of the project's sizes
    ],
)
def test_a_horizon_of_another_size_gives_a_warning(rooms, movement, horizon, warned):
    rules = MazeRules(movement=movement, horizon=horizon)
    warning = MazeSuite(tasks=MazeTasks(rooms=rooms), rules=rules).warning
    assert (warning is not None) == warned
    if warning:
        assert warning.startswith(f"suite.rules.horizon is {horizon}; {rooms}x{rooms} rooms")


def test_a_name_is_that_of_exactly_these_mazes():
    assert MazeSuite().name == "walk_small"
    assert MazeSuite(tasks=MazeTasks(texture_sets=[0])).name == "walk_small"
    for rules in (MazeRules(horizon=500), MazeRules(movement="grid")):
        assert MazeSuite(rules=rules).name.endswith("_small_changed")
    for change in ({"texture_sets": [4]}, {"loops": 0.5}, {"generator": "wilson"}):
        assert MazeSuite(tasks=MazeTasks(**change)).name == "walk_small_changed"
    assert MazeSuite(tasks=MazeTasks(rooms=4)).name == "walk_rooms_4"
    assert MazeSuite(tasks=MazeTasks(num_targets=2)).name == "walk_small_new_target"
    assert MazeSuite(tasks=MazeTasks(num_starts=2)).name == "walk_small_new_start"
    assert [MazeSuite(episodes_per_trial=k).name for k in (5, 20)] == [
        "walk_small",
        "walk_small_many",
    ]


def test_every_target_has_an_episode():
    MazeSuite(tasks=MazeTasks(num_targets=3), episodes_per_trial=3)
    with pytest.raises(UserError, match="num_targets is 2; a trial has 1 episode, each with one"):
        MazeSuite(tasks=MazeTasks(num_targets=2), episodes_per_trial=1)
    with pytest.raises(UserError, match="num_targets is 3; a trial has 2 episodes, each with one"):
        MazeSuite(tasks=MazeTasks(num_targets=3))
