"""Overlap of test mazes with a training: on small sets, and none where splits exclude it."""

import numpy as np
import pytest

from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.overlap import Overlap
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks


def test_mazes_of_the_same_draw_are_known():
    train = MazeTasks(num_mazes=50)
    mazes = MazeSet.draw(train)
    assert Overlap.of(mazes, [train]) == Overlap(1.0, 1.0)
    assert Overlap.of(mazes, [MazeTasks(split="test"), train]).mazes == 1
    assert Overlap.of(mazes, [MazeTasks(num_mazes=20)]).mazes == 20 / 50  # the same draw, shorter


def test_a_split_by_maze_excludes_mazes_but_not_layouts():
    overlap = Overlap.of(MazeSet.draw(MazeTasks(num_mazes=50, split="test")), [MazeTasks()])
    assert overlap == Overlap(0.0, 1.0)
    assert str(overlap) == (
        "the agent was trained on 0 % of these mazes and on the layout, also mirrored or turned, "
        "of 100 %"
    )


def test_a_split_by_layout_excludes_both():
    test, train = (
        MazeTasks(split=split, split_by="layout", num_mazes=300) for split in ("test", "train")
    )
    overlap = Overlap.of(MazeSet.draw(test), [train])
    assert overlap.figures() == {"trained_on_share": 0, "trained_layout_share": 0}
    assert "none of their layouts" in str(overlap)


def test_a_mirrored_layout_is_known():
    mazes = MazeSet.draw(MazeTasks(num_mazes=20))
    mirrored = [Maze(maze.walls[:, ::-1], (Pose(1, 1),), ((5, 5),)) for maze in mazes]
    assert Overlap.of(mirrored, [MazeTasks(num_mazes=20)]).layouts == 1


def test_the_papers_split_overlaps_with_ours_and_with_itself():
    known = {maze.content_hash for maze in MazeSet.draw(MazeTasks(num_mazes=50))}
    papers = MazeSet.draw(MazeTasks(split="paper_test"))
    expected = np.mean([maze.content_hash in known for maze in papers])
    assert 0 < Overlap.of(papers, [MazeTasks(num_mazes=50)]).mazes == expected
    own = Overlap.of(papers, [MazeTasks(split="paper_train")]).mazes
    assert own == pytest.approx(0.09, abs=0.03)
