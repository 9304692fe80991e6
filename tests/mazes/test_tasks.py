"""Settings and splits: no maze is in two splits, and impossible settings are errors."""

from functools import cache

import numpy as np
import pytest
import torch

from rl2_mazes.mazes import tasks
from rl2_mazes.mazes.maze import EAST, Maze, Pose
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks, generate_maze, split_of


@cache
def hashes(**settings) -> list[str]:
    return [maze.content_hash for maze in MazeSet.draw(MazeTasks(**settings))]


def test_defaults_work_and_settings_give_the_same_mazes_again():
    drawn = hashes()
    assert len(drawn) == 1000
    assert hashes(num_mazes=20) == drawn[:20]
    assert hashes(num_mazes=20, seed=1) != drawn[:20]


def test_splits_share_no_maze_whatever_the_seeds():
    sets = [
        set(hashes(rooms=3, split=split, num_mazes=number, seed=seed))
        for split, number in (("train", 300), ("validation", 40), ("test", 40))
        for seed in (0, 1)
    ]
    train, validation, test = sets[0] | sets[1], sets[2] | sets[3], sets[4] | sets[5]
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert sets[0] & sets[1], "the seeds draw from the same mazes"


def test_mazes_of_a_split_are_distinct():
    drawn = hashes(split="test", num_mazes=100)
    assert len(set(drawn)) == 100


def test_a_split_holds_its_share_of_all_mazes(rng):
    splits = [split_of(generate_maze(MazeTasks(), rng)) for _ in range(1000)]
    shares = [splits.count(split) / 1000 for split in ("train", "validation", "test")]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.04)


def test_the_papers_split_overlaps_by_about_nine_per_cent():
    """Of 13,824 small mazes, 1,000 test draws meet 1,000 training draws; large ones do not."""
    train, test = (hashes(split=split) for split in ("paper_train", "paper_test"))
    assert 0.05 < np.mean([each in set(train) for each in test]) < 0.13
    assert hashes(split="paper_test", seed=5, num_mazes=20) == test[:20], "it has its own seed"
    large = (set(hashes(split=s, rooms=5, num_mazes=150)) for s in ("paper_train", "paper_test"))
    assert not set.intersection(*large)


def test_a_split_that_is_too_small_is_an_error_with_its_size(monkeypatch):
    monkeypatch.setattr(tasks, "MAX_MISSES", 1000)
    with pytest.raises(
        ValueError,
        match=r"num_mazes is 100; 2x2 rooms of generator .* have only about .* give fewer",
    ):
        MazeSet.draw(MazeTasks(rooms=2, split="test", num_mazes=100))


def test_rooms_for_starts_and_target_are_uniform_and_distinct(rng):
    settings = MazeTasks(rooms=2, num_starts=3)
    seen = np.zeros((4, 4), dtype=int)
    for _ in range(2000):
        maze = generate_maze(settings, rng)
        cells = [*maze.targets, *(start.cell for start in maze.starts)]
        rooms = [row // 2 * 2 + col // 2 for row, col in cells]
        assert len(set(rooms)) == 4
        assert all(start.heading == EAST for start in maze.starts)
        seen[range(4), rooms] += 1
    assert abs(seen - 500).max() < 100


def test_each_maze_has_one_of_the_texture_sets():
    drawn = MazeSet.draw(MazeTasks(texture_sets=[1, 4], num_mazes=100))
    assert {maze.texture_set for maze in drawn} == {1, 4}


def test_sampling_is_uniform_and_depends_on_the_generator():
    mazes = MazeSet.draw(MazeTasks(num_mazes=5))
    draw = mazes.sample(torch.Generator().manual_seed(0), 5000)
    assert draw.dtype == torch.int64
    assert abs(draw.bincount() - 1000).max() < 130
    assert (draw == mazes.sample(torch.Generator().manual_seed(0), 5000)).all()


def test_a_set_is_a_sequence():
    mazes = MazeSet.draw(MazeTasks(num_mazes=5))
    assert len(mazes) == len(list(mazes)) == 5
    assert mazes[1:3] == (mazes[1], mazes[2])
    with pytest.raises(ValueError, match="at least one"):
        MazeSet([])


def test_targets_and_starts_have_rooms_of_their_own():
    for seed in range(20):
        maze = generate_maze(MazeTasks(num_starts=4, num_targets=5), np.random.default_rng(seed))
        assert (len(maze.starts), len(maze.targets)) == (4, 5)
        assert len({*maze.targets, *(start.cell for start in maze.starts)}) == 9
    with pytest.raises(ValueError, match="and 3x3 rooms are only 9"):
        MazeTasks(num_starts=5, num_targets=5)


@pytest.mark.parametrize(
    "settings",
    [
        {"rooms": 1},
        {"generator": "maze_of_mirrors"},
        {"loops": 1.5},
        {"num_starts": 0},
        {"num_starts": 9},
        {"num_targets": 0},
        {"num_targets": 9},
        {"split": "holdout"},
        {"split_by": "colour"},
        {"num_mazes": 0},
        {"texture_sets": []},
        {"texture_sets": [99]},
    ],
)
def test_a_wrong_setting_is_named_in_one_line(settings):
    (key,) = settings
    with pytest.raises(ValueError, match=key) as error:
        MazeTasks(**settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings", [{"movement": "fly"}, {"horizon": 0}, {"obs_height": 0}, {"obs_width": 161}]
)
def test_a_wrong_rule_is_named_in_one_line(settings):
    (key,) = settings
    with pytest.raises(ValueError, match=key) as error:
        MazeRules(**settings)
    assert "\n" not in str(error.value)


def test_the_split_does_not_depend_on_textures():
    walls = np.ones((3, 5), dtype=bool)
    walls[1, 1:4] = False
    first, other_textures = (Maze(walls, (Pose(1, 1),), ((1, 3),), texture_set=i) for i in (0, 1))
    assert split_of(first) == split_of(other_textures)


def test_mirrored_and_turned_layouts_are_the_same_layout(rng):
    walls = generate_maze(MazeTasks(), rng).walls
    first = Maze(walls, (Pose(1, 1),), ((5, 5),))
    for turned in (np.rot90(walls), np.rot90(walls, 2), walls[::-1], walls[:, ::-1], walls.T):
        assert Maze(turned, (Pose(1, 3),), ((3, 3),)).layout_hash == first.layout_hash
    drawn = [generate_maze(MazeTasks(), rng) for _ in range(400)]
    assert len({maze.layout_hash for maze in drawn}) == 28, "of 192 trees of a 3x3 grid"


def test_splits_by_layout_share_no_layout_and_have_all_of_them():
    numbers = {"train": 2000, "validation": 300, "test": 600}
    sets = {
        split: {
            maze.layout_hash
            for maze in MazeSet.draw(MazeTasks(split=split, split_by="layout", num_mazes=number))
        }
        for split, number in numbers.items()
    }
    assert [len(sets[split]) for split in numbers] == [18, 3, 7]
    assert len(set.union(*sets.values())) == 28


def test_mazes_of_a_split_by_layout_are_distinct_and_the_first_of_a_larger_set():
    small, large = (
        hashes(split="test", split_by="layout", num_mazes=number) for number in (50, 200)
    )
    assert large[:50] == small
    assert len(set(large)) == 200


def test_a_layout_split_that_is_too_small_says_how_many_layouts_it_has(monkeypatch):
    monkeypatch.setattr(tasks, "MAX_MISSES", 1000)
    with pytest.raises(ValueError, match=r"in split 'train' of 1 layouts, split by layout; give"):
        MazeSet.draw(MazeTasks(rooms=2, split_by="layout", num_mazes=100))
