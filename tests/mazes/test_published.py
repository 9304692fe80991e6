"""Published figures are complete, plausible, and shown only for the same tasks."""

import pytest

from rl2_mazes.mazes.published import LARGE, SMALL, published_results
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeTasks


@pytest.mark.parametrize("result", SMALL + LARGE)
def test_rows_are_complete(result):
    assert len(result.length_reach) in (0, len(result.length))
    assert len(result.success) in (0, len(result.length))
    assert all(0.9 < share <= 1 for share in result.success)


def test_the_papers_gain_is_a_quarter_on_small_mazes():
    paper = SMALL[0]
    assert paper.length[1] / paper.length[0] == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    ("tasks", "rules", "expected"),
    [
        (MazeTasks(rooms=3), MazeRules(horizon=250), SMALL),
        (MazeTasks(rooms=5), MazeRules(horizon=1000), LARGE),
        (MazeTasks(rooms=3), MazeRules(movement="grid"), ()),
        (MazeTasks(rooms=3), MazeRules(horizon=100), ()),
        (MazeTasks(rooms=4), MazeRules(), ()),
        (MazeTasks(rooms=3, loops=0.5), MazeRules(), ()),
        (MazeTasks(rooms=3, generator="wilson"), MazeRules(), ()),
        (MazeTasks(rooms=3, num_starts=2), MazeRules(), ()),
        (MazeTasks(rooms=3, num_targets=2), MazeRules(), ()),
    ],
)
def test_results_are_for_the_same_tasks_only(tasks, rules, expected):
    assert published_results(tasks, rules) == expected
