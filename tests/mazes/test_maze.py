"""The Maze record: its checks and its content hash."""

import numpy as np
import pytest

from rl2_mazes.mazes.maze import EAST, NORTH, SOUTH, Maze, Pose


def corridor() -> np.ndarray:
    """One row of five open cells."""
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    return walls


def maze(**changes) -> Maze:
    fields = {"walls": corridor(), "starts": (Pose(1, 1),), "targets": ((1, 5),)}
    return Maze(**(fields | changes))


@pytest.mark.parametrize("side", [np.s_[0, 2], np.s_[2, 2], np.s_[1, 0], np.s_[1, 6]])
def test_the_border_must_be_solid(side):
    walls = corridor()
    walls[side] = False
    with pytest.raises(ValueError, match="solid border"):
        maze(walls=walls)


def test_walls_must_be_a_grid():
    with pytest.raises(ValueError, match=r"\[height, width\] grid"):
        maze(walls=np.ones(5, dtype=bool))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"targets": ((1, 7),)}, r"cell \(1, 7\) lies outside"),
        ({"starts": (Pose(-1, 1),)}, r"cell \(-1, 1\) lies outside"),
        ({"targets": ((1, 5), (0, 3))}, r"cell \(0, 3\) is inside a wall"),
        ({"starts": (Pose(1, 1), Pose(2, 2))}, r"cell \(2, 2\) is inside a wall"),
        ({"starts": (Pose(1, 5, NORTH),)}, r"episode 1 starts on its target, in cell \(1, 5\)"),
        ({"targets": ((1, 5), (1, 1))}, r"episode 2 starts on its target, in cell \(1, 1\)"),
        (
            {"starts": (Pose(1, 1), Pose(1, 2), Pose(1, 3)), "targets": ((1, 5), (1, 3))},
            "episode 6 starts on its target",
        ),
        ({"starts": ()}, "needs a start and a target"),
        ({"targets": ()}, "needs a start and a target"),
    ],
)
def test_starts_and_target_must_be_open_and_apart(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        maze(**changes)


def test_walls_are_copied_and_read_only():
    walls = corridor()
    made = maze(walls=walls)
    walls[1, 3] = True
    assert not made.walls[1, 3]
    with pytest.raises(ValueError, match="read-only"):
        made.walls[1, 3] = True


def test_the_hash_depends_on_all_but_textures():
    blocked, turned = corridor(), Pose(1, 1, SOUTH)
    blocked[1, 3] = True
    different = [
        maze(),
        maze(walls=blocked),
        maze(walls=np.pad(corridor(), ((0, 1), (0, 0)), constant_values=True)),
        maze(starts=(turned,)),
        maze(starts=(Pose(1, 1), Pose(1, 2))),
        maze(starts=(Pose(1, 2), Pose(1, 1))),
        maze(targets=((1, 4),)),
        maze(targets=((1, 5), (1, 4))),
        maze(targets=((1, 4), (1, 5))),
        maze(targets=((1, 5), (1, 4), (1, 5), (1, 4))),
        maze(starts=(Pose(1, 1), Pose(1, 4, EAST), Pose(1, 4, EAST))),
    ]
    assert len({each.content_hash for each in different}) == len(different)
    assert maze(texture_set=3).content_hash == maze().content_hash


def test_the_hash_is_the_same_on_every_machine():
    """A changed hash would move mazes between splits: published results would leak."""
    assert maze().content_hash == "c3abb516bb07214a14d0ff4f15873ca5"


def test_episodes_alternate_between_starts():
    made = maze(starts=(Pose(1, 1), Pose(1, 3, NORTH)))
    assert [made.start(episode).col for episode in range(4)] == [1, 3, 1, 3]


def test_each_episode_has_its_target_and_both_recur_together():
    made = maze(starts=(Pose(1, 1), Pose(1, 3)), targets=((1, 5), (1, 4), (1, 2)))
    assert [made.target(episode)[1] for episode in range(5)] == [5, 4, 2, 5, 4]
    assert made.period == 6
    assert maze().period == 1


def test_a_start_may_be_the_target_of_another_episode():
    swapped = maze(starts=(Pose(1, 1), Pose(1, 5)), targets=((1, 5), (1, 1)))
    assert [swapped.start(k).cell != swapped.target(k) for k in range(4)] == [True] * 4


def test_printed_as_a_map():
    assert str(maze(starts=(Pose(1, 1, EAST), Pose(1, 3, NORTH)))) == "#######\n#> ^ X#\n#######"
