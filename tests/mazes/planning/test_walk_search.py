"""The walks of the search reach the target, a few steps longer than optimal at most."""

import numpy as np
import pytest

from rl2_mazes.mazes.dynamics import physics
from rl2_mazes.mazes.dynamics.collision import STATE_SIZE, block_origin
from rl2_mazes.mazes.maze import EAST, NORTH, WEST, Maze, Pose
from rl2_mazes.mazes.planning.walk_search import bin_of, remaining_distances, search, shortest_walks
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT
from rl2_mazes.mazes.tasks import MazeTasks, generate_maze


def steps_taken(maze: Maze, actions, episode: int = 0) -> int:
    """Number of actions after which the physics say that the target is touched."""
    state = np.zeros(STATE_SIZE, np.int64)
    physics.place_player(state, *maze.start(episode))
    origin = block_origin(maze.walls)
    for step, action in enumerate(actions, start=1):
        _, touched = physics.walk_step(maze.walls, maze.target(0), origin, state, action)
        if touched:
            return step
    raise AssertionError("the target is not reached")


def corridor(*starts: Pose) -> Maze:
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    return Maze(walls, starts, targets=((1, 5),))


def test_a_straight_walk_is_forward_throughout():
    maze = corridor(Pose(1, 1, EAST))
    (walk,) = shortest_walks([maze])
    assert (walk == FORWARD).all()
    assert len(walk) == steps_taken(maze, [FORWARD] * 100)


def test_facing_away_it_turns_first():
    """Half a circle is 14 steps of turning: 7.0, 12.3, then 14.06 degrees; it goes before that."""
    ahead, aside, away = (
        len(shortest_walks([corridor(Pose(1, 1, heading))])[0]) for heading in (EAST, NORTH, WEST)
    )
    assert ahead < aside < away <= ahead + 14


def test_each_walk_reaches_the_target_with_its_last_action(rng):
    mazes = [generate_maze(MazeTasks(rooms=3, num_starts=2), rng) for _ in range(20)]
    mazes.append(generate_maze(MazeTasks(rooms=5, num_starts=2), rng))  # sizes may be mixed
    for episode in (0, 1):
        for maze, walk in zip(mazes, shortest_walks(mazes, episode), strict=True):
            assert steps_taken(maze, walk, episode) == len(walk)


def test_a_short_walk_is_optimal():
    """Against every sequence of actions: to the cell ahead on the left, 7 steps."""
    walls = np.ones((5, 5), dtype=bool)
    walls[3, 1:4] = walls[2, 3] = walls[1, 3] = False
    maze = Maze(walls, (Pose(3, 2, EAST),), ((2, 3),))
    (walk,) = shortest_walks([maze])
    assert len(walk) == 7
    origin = block_origin(maze.walls)
    start = np.zeros(STATE_SIZE, np.int64)
    physics.place_player(start, *maze.start(0))
    states = [start]
    for length in range(1, len(walk)):
        reached = {}
        for state in states:
            for action in (TURN_LEFT, TURN_RIGHT, FORWARD):
                after = state.copy()
                _, touched = physics.walk_step(maze.walls, maze.target(0), origin, after, action)
                assert not touched, f"{length} steps suffice"
                reached[after.tobytes()] = after
        states = list(reached.values())


def test_compiled_and_plain_searches_agree(rng):
    maze = generate_maze(MazeTasks(rooms=2), rng)
    plan = np.zeros(60, np.int64)
    args = (maze.walls, np.array(maze.target(0)), np.array(block_origin(maze.walls)))
    length = search(*args, np.array(maze.start(0)), 100, plan)
    assert plan[:length].tolist() == shortest_walks([maze])[0].tolist()


def test_remaining_distances_in_a_corridor():
    """On the centre line: distance to touching the target, with half widths 16 and 47."""
    remaining = remaining_distances(corridor(Pose(1, 1)).walls, (1, 5))
    centre_line = remaining[12]  # 12 points of 12 units down: the centre of row 1
    for col in range(12, 36):
        assert centre_line[col] == pytest.approx(5.5 * 96 - 16 - 47 - 12 * col, abs=1)
    assert (remaining[0] >= 1e9).all()


def test_different_players_fall_into_different_bins():
    state = np.zeros(STATE_SIZE, np.int64)
    state[:2] = 200 << 16, -200 << 16
    for column, much in ((0, 10 << 16), (1, 10 << 16), (2, 2 << 16), (3, 2 << 16), (4, 1 << 28)):
        other = state.copy()
        other[column] += much
        assert bin_of(other) != bin_of(state)
    other = state.copy()
    other[4] += 1000
    assert bin_of(other) == bin_of(state)


def test_an_unreachable_target_is_an_error():
    walls = np.ones((3, 5), dtype=bool)
    walls[1, 1] = walls[1, 3] = False
    with pytest.raises(ValueError, match="no path leads to the target of maze 0"):
        shortest_walks([Maze(walls, (Pose(1, 1),), ((1, 3),))])
