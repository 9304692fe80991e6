"""Shortest paths against independent searches."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from rl2_mazes.mazes.maze import EAST, NORTH, WEST, Maze, Pose
from rl2_mazes.mazes.planning.shortest_paths import (
    UNREACHABLE,
    cell_distances,
    grid_steps,
    shortest_cells,
    shortest_grid_steps,
    shortest_lengths,
    steps_to,
)
from rl2_mazes.mazes.tasks import MazeTasks, generate_maze


def mazes(number: int):
    for seed in range(number):
        settings = MazeTasks(rooms=2 + seed % 5, generator="wilson", loops=0.3 * (seed % 2))
        yield generate_maze(settings, np.random.default_rng(seed))


def test_cell_distances_are_scipys():
    for maze in mazes(20):
        free = ~maze.walls
        number = np.arange(free.size).reshape(free.shape)
        across, down = free[:, :-1] & free[:, 1:], free[:-1] & free[1:]
        ends = np.concatenate(
            [
                np.stack((number[:, :-1][across], number[:, 1:][across])),
                np.stack((number[:-1][down], number[1:][down])),
            ],
            axis=1,
        )
        graph = csr_array((np.ones(ends.shape[1]), ends), shape=(free.size, free.size))
        expected = shortest_path(
            graph, directed=False, unweighted=True, indices=number[maze.target(0)]
        ).reshape(free.shape)
        got = cell_distances(maze)
        assert (got[free] == expected[free]).all()
        assert (got[~free] == UNREACHABLE).all()


def brute_force(maze: Maze, start: Pose, bound: int = 200) -> int:
    """Steps to the target by playing every action from every state reached so far."""
    states = {(start.row, start.col, start.heading)}
    for steps in range(1, bound):
        reached = set()
        for row, col, heading in states:
            angle = heading * np.pi / 2
            ahead = row - round(np.sin(angle)), col + round(np.cos(angle))
            if ahead == maze.target(0):
                return steps
            reached |= {(row, col, (heading + 1) % 4), (row, col, (heading + 3) % 4)}
            if not maze.walls[ahead]:
                reached.add((*ahead, heading))
        states |= reached
    raise AssertionError("no path")


def test_grid_steps_are_a_brute_force_search():
    for maze in mazes(8):
        steps = grid_steps(maze)
        cells = np.argwhere(~maze.walls)
        for row, col in cells[:: max(1, len(cells) // 6)]:
            if (row, col) == maze.target(0):
                continue
            for heading in range(4):
                expected = brute_force(maze, Pose(int(row), int(col), heading))
                assert steps[row, col, heading] == expected


def corridor(*starts: Pose) -> Maze:
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    return Maze(walls, starts, targets=((1, 5),))


@pytest.mark.parametrize(
    ("start", "steps"),
    [(Pose(1, 1, EAST), 4), (Pose(1, 1, NORTH), 5), (Pose(1, 1, WEST), 6), (Pose(1, 4, EAST), 1)],
)
def test_a_corridor_by_hand(start, steps):
    assert shortest_grid_steps(corridor(start)) == steps
    assert shortest_cells(corridor(start)) == 5 - start.col


def test_steps_to_the_nearest_of_goals_and_around_what_is_impassable():
    """From (1, 3) facing east: (1, 1) is 2 turns and 2 cells away, (1, 5) 2 cells."""
    passable = ~corridor(Pose(1, 1)).walls
    assert steps_to([(1, 1), (1, 5)], passable)[1, 3].tolist() == [2, 3, 2, 3]
    assert steps_to([(1, 1)], passable)[1, 3].tolist() == [4, 3, 2, 3]
    passable[1, 4] = False
    assert steps_to([(1, 5)], passable)[1, 3].tolist() == [UNREACHABLE] * 4
    assert steps_to([(1, 4)], passable)[1, 3, 0] == 1  # a goal need not be passable
    assert (steps_to([], passable) == UNREACHABLE).all()


def test_each_episode_has_its_own_start():
    maze = corridor(Pose(1, 1), Pose(1, 3))
    assert [shortest_cells(maze, episode) for episode in range(3)] == [4, 2, 4]
    assert [shortest_grid_steps(maze, episode) for episode in range(3)] == [4, 2, 4]


def test_distances_to_another_goal_and_into_cut_off_cells():
    maze = corridor(Pose(1, 1))
    assert cell_distances(maze, goal=(1, 2))[1].tolist() == [-1, 1, 0, 1, 2, 3, -1]
    walls = maze.walls.copy()
    walls[1, 3] = True
    cut = Maze(walls, maze.starts, maze.targets)
    assert shortest_cells(cut) == UNREACHABLE
    assert shortest_grid_steps(cut) == UNREACHABLE


def test_the_papers_mean_shortest_paths():
    """5.6 cells in small mazes, 10.3 in large ones; at most 16 and 34 seen in 1,000 draws."""
    for rooms, mean, bound in ((3, 5.6, 0.4), (5, 10.3, 0.7)):
        rng = np.random.default_rng(1)
        cells = [shortest_cells(generate_maze(MazeTasks(rooms=rooms), rng)) for _ in range(1000)]
        assert np.mean(cells) == pytest.approx(mean, abs=bound)


def test_shortest_lengths_are_by_trial_and_episode():
    """A maze with one start beside a maze with two, which alternate by episode."""
    two = [corridor(Pose(1, 1)), corridor(Pose(1, 3), Pose(1, 2, NORTH))]
    assert shortest_lengths(two, "grid", 3).tolist() == [[4, 4, 4], [2, 4, 2]]
    assert shortest_lengths(two, "grid", 1).tolist() == [[4], [2]]
    three = corridor(Pose(1, 1), Pose(1, 2), Pose(1, 3))
    assert shortest_lengths([two[1], three], "grid", 5).tolist() == [
        [2, 4, 2, 4, 2],
        [4, 3, 2, 4, 3],
    ]
    walked = shortest_lengths(two, "walk", 3)
    assert (walked[0] == walked[0, 0]).all()
    assert walked[1, 0] == walked[1, 2] < walked[1, 1]
