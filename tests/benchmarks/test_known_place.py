"""Worth of a known map: an episode with and without the one before it."""

import json

import numpy as np
import pytest

import rl2_mazes as rl2
from rl2_mazes.benchmarks import known_place
from rl2_mazes.core.errors import UserError
from rl2_mazes.mazes.tasks import MazeSet


@pytest.mark.parametrize("change", known_place.CHANGES)
def test_without_a_map_it_is_the_first_episode_of_the_same_task(change):
    suite = rl2.make_suite(f"mazes/grid_small{change}", num_tasks=12)
    mazes = list(MazeSet.draw(suite.tasks))
    found = known_place.measure(mazes, suite.rules, num_envs=5)
    second = [known_place.second_episode(maze) for maze in mazes]
    for maze, alone in zip(mazes, second, strict=True):
        assert (alone.start(0), alone.target(0)) == (maze.start(1), maze.target(1))
    first = known_place.explore(second, suite.rules, 2, num_envs=12)[:, 0]
    assert found["without_map"] == pytest.approx(first.mean())
    assert found["saved"] == pytest.approx(1 - found["with_map"] / found["without_map"])
    assert found["num_mazes"] == 12
    if not change:  # the same task twice: the known path is the shortest
        shortest = suite.shortest_lengths(mazes)[:, 1]
        assert found["with_map"] == pytest.approx(np.asarray(shortest).mean())


def test_each_suite_is_added_to_the_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(known_place, "FILE", tmp_path / "known_place.json")
    for name in ("mazes/grid_small", "mazes/grid_small_new_target"):
        config = known_place.KnownPlaceConfig(suites=[name], num_mazes=3)
        monkeypatch.setattr(known_place.arguments, "read", lambda _, config=config: config)
        known_place.main()
    content = json.loads(known_place.FILE.read_text())
    assert list(content) == ["mazes/grid_small", "mazes/grid_small_new_target"]
    assert "steps in episode 2" in capsys.readouterr().err


def test_a_suite_that_is_none_of_mazes_is_named():
    with pytest.raises(UserError, match="bandits/k5_n10; choose from mazes/grid_large"):
        known_place.KnownPlaceConfig(suites=["bandits/k5_n10"])
