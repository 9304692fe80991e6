"""Scripted agents in the twin: they reach the target, by the paths that their names promise."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.trials.runner import TrialLog, evaluate
from rl2_mazes.mazes.baselines import SCRIPTED_AGENTS
from rl2_mazes.mazes.baselines.explorer import FrontierExploration
from rl2_mazes.mazes.baselines.oracle import ShortestPath
from rl2_mazes.mazes.baselines.steering import WalkSteering, grid_action
from rl2_mazes.mazes.baselines.wall_follower import WallFollowing
from rl2_mazes.mazes.maze import EAST, NORTH, Maze, Pose
from rl2_mazes.mazes.planning.shortest_paths import shortest_grid_steps, shortest_lengths
from rl2_mazes.mazes.planning.walk_search import shortest_walks
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv


@lru_cache
def run(
    name: str, mazes: MazeSet, movement: str = "grid", horizon: int = 300, num_envs: int = 4
) -> TrialLog:
    rules = MazeRules(movement=movement, horizon=horizon, obs_height=1, obs_width=1)
    env = TwinEnv(mazes, rules, min(num_envs, len(mazes)))
    trial = Trial(env, mazes, 2, tasks=torch.arange(len(mazes)))
    return evaluate(SCRIPTED_AGENTS.get(name).build(trial), trial, len(mazes), seed=0)


@pytest.fixture(scope="module")
def mazes() -> MazeSet:
    return MazeSet.draw(MazeTasks(rooms=3, num_mazes=10, generator="wilson", split="test"))


@pytest.fixture(scope="module")
def new_targets() -> MazeSet:
    return MazeSet.draw(MazeTasks(rooms=3, num_mazes=10, num_targets=2, split="test"))


@pytest.fixture(scope="module")
def two_starts() -> MazeSet:
    return MazeSet.draw(MazeTasks(rooms=3, num_mazes=10, num_starts=2, loops=0.3, split="test"))


@pytest.mark.parametrize("movement", ["grid", "walk"])
@pytest.mark.parametrize("name", ["oracle", "explorer", "wall follower"])
def test_each_finds_the_target_in_every_perfect_maze(name, movement, mazes):
    assert run(name, mazes, movement).success.all()


def test_the_grid_oracle_takes_the_shortest_path(mazes, two_starts):
    for some in (mazes, two_starts):
        shortest = [[shortest_grid_steps(maze, k) for k in (0, 1)] for maze in some]
        assert run("oracle", some).length.tolist() == shortest


def test_the_walking_oracle_takes_the_walks_that_were_searched(two_starts):
    walks = [[len(walk) for walk in shortest_walks(two_starts.mazes, k)] for k in (0, 1)]
    assert run("oracle", two_starts, "walk").length.T.tolist() == walks


@pytest.mark.parametrize("movement", ["grid", "walk"])
@pytest.mark.parametrize("name", ["oracle", "explorer", "wall follower"])
def test_each_finds_a_new_target_in_every_episode(name, movement, new_targets):
    log = run(name, new_targets, movement)
    assert log.success.all()
    shortest = shortest_lengths(new_targets.mazes, movement, 2)
    assert (shortest[:, 0] != shortest[:, 1]).any()
    if name == "oracle":
        assert log.length.tolist() == shortest.tolist()


def test_the_explorer_takes_the_shortest_path_the_second_time(mazes):
    """In a perfect maze the path that it found is the only one."""
    log = run("explorer", mazes)
    shortest = [shortest_grid_steps(maze) for maze in mazes]
    assert (log.length[:, 0] >= shortest).all()
    assert log.length[:, 0].sum() > 1.2 * np.sum(shortest)
    assert log.length[:, 1].tolist() == shortest


def test_the_explorer_copes_with_loops_and_new_starts(two_starts):
    log = run("explorer", two_starts)
    assert log.success.all()
    assert log.length[:, 1].sum() < log.length[:, 0].sum()


def test_the_explorer_needs_fewer_steps_than_the_wall_follower(mazes):
    explorer, follower = (run(n, mazes).length[:, 0].sum() for n in ("explorer", "wall follower"))
    assert explorer < follower


@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_the_wall_follower_learns_nothing(movement, mazes):
    log = run("wall follower", mazes, movement)
    assert (log.length[:, 0] == log.length[:, 1]).all()


def test_steering_along_the_shortest_path_is_close_to_the_search(mazes):
    """The explorer's second episodes; it may not beat the search by more than a step."""
    steered = run("explorer", mazes, "walk").length[:, 1]
    searched = run("oracle", mazes, "walk").length[:, 1]
    assert (steered >= searched - 1).all()
    assert steered.sum() < 1.2 * searched.sum()


def test_the_random_walk_takes_all_actions_equally_often(mazes):
    log = run("random walk", mazes, horizon=100, num_envs=10)
    shares = np.bincount(log.actions, minlength=3) / len(log.actions)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.03)


def test_the_number_of_environments_makes_no_difference(mazes):
    for name in ("explorer", "wall follower"):
        assert (run(name, mazes, num_envs=2).length == run(name, mazes, num_envs=10).length).all()


def crossing() -> Maze:
    """A cross of corridors; the target is north of its centre, starts are west and south."""
    walls = np.ones((7, 7), dtype=bool)
    walls[3, 1:6] = walls[1:6, 3] = False
    return Maze(walls, (Pose(3, 1, EAST), Pose(5, 3, NORTH)), targets=((1, 3),))


def view_of(*cells: tuple[int, int]) -> np.ndarray:
    view = np.zeros((7, 7), dtype=bool)
    for cell in cells:
        view[cell] = True
    return view


def test_wall_following_by_hand():
    """Going east into the centre, right is south; it turns back there, and right is east."""
    strategy = WallFollowing(crossing())
    nothing = view_of()
    strategy.begin(0, (3, 1), EAST)
    assert strategy.next_cells((3, 1), EAST, nothing) == [(3, 2), (3, 3), (4, 3)]
    assert strategy.next_cells((3, 2), EAST, nothing)[:2] == [(3, 3), (4, 3)]
    assert strategy.next_cells((3, 3), EAST, nothing) == [(4, 3), (5, 3), (4, 3)]
    for cell in ((4, 3), (5, 3), (4, 3)):
        path = strategy.next_cells(cell, EAST, nothing)
    assert path == [(3, 3), (3, 4), (3, 5)]
    strategy.begin(0, (3, 1), EAST)
    assert strategy.next_cells((3, 1), EAST, nothing) == [(3, 2), (3, 3), (4, 3)]


def test_exploration_knows_only_what_it_has_seen():
    """It assumes openings, so it heads for the nearest unseen room, until it sees walls there."""
    strategy = FrontierExploration(crossing())
    strategy.begin(0, (3, 1), EAST)
    row = [(3, col) for col in range(1, 7)]
    sides = [(2, 2), (4, 2), (2, 4), (4, 4)]
    # The nearest unseen rooms are (1, 1) and (5, 1), left and right: 1 turn and 2 cells away.
    # The walls between are not known before it has looked there.
    assert strategy.next_cells((3, 1), EAST, view_of(*row, *sides))[0] in ((2, 1), (4, 1))
    left = view_of((3, 1), (2, 1))
    right = view_of((3, 1), (4, 1))
    assert strategy.next_cells((3, 1), NORTH, left)[0] in ((4, 1), (3, 2))
    assert strategy.next_cells((3, 1), NORTH, right) == [(3, 2), (3, 3), (2, 3)]
    assert strategy.next_cells((3, 3), EAST, view_of((2, 3), (1, 3))) == [(2, 3), (1, 3)]
    strategy.begin(0, (3, 1), EAST)
    assert strategy.next_cells((3, 1), EAST, view_of()) == [(3, 2), (3, 3), (2, 3)]
    # From a start without a known path it assumes one.
    strategy.begin(0, (5, 3), NORTH)
    assert strategy.next_cells((5, 3), NORTH, view_of()) == [(4, 3), (3, 3), (2, 3)]


def test_the_shortest_path_ends_at_the_target():
    strategy = ShortestPath(crossing())
    strategy.begin(0, (3, 1), EAST)
    assert strategy.next_cells((3, 3), EAST, view_of()) == [(2, 3), (1, 3)]


def test_exploration_searches_anew_for_a_target_that_moves_and_remembers_walls():
    """The targets are north, then east of the crossing; both arms have been seen."""
    strategy = FrontierExploration(replace(crossing(), targets=((1, 3), (3, 5))))
    strategy.begin(0, (3, 1), EAST)
    arms = [*((3, col) for col in range(1, 6)), *((row, 3) for row in range(1, 6))]
    sides = [(row, col) for row in (2, 4) for col in range(1, 6) if col != 3]
    sides += [(row, col) for row in (1, 5) for col in (2, 4)]
    assert strategy.next_cells((3, 1), EAST, view_of(*arms, *sides)) == [(3, 2), (3, 3), (2, 3)]
    strategy.begin(1, (3, 1), EAST)
    # Rooms of which no path is known are not headed for: the nearest known one is that ahead.
    assert strategy.next_cells((3, 1), EAST, view_of((3, 1), (3, 2))) == [(3, 2), (3, 3)]
    # The room in the east is seen, and the target is there.
    row = [(3, col) for col in range(1, 6)]
    assert strategy.next_cells((3, 1), EAST, view_of(*row)) == [(3, 2), (3, 3), (3, 4)]
    remembered = FrontierExploration(crossing())
    remembered.begin(0, (3, 1), EAST)
    remembered.next_cells((3, 1), EAST, view_of(*arms, *sides))
    remembered.begin(1, (3, 1), EAST)
    assert remembered.next_cells((3, 1), EAST, view_of()) == [(3, 2), (3, 3), (2, 3)]


@pytest.mark.parametrize(
    ("angle", "cell", "action"),
    [(0.0, (3, 4), 2), (0.0, (2, 3), 0), (0.0, (4, 3), 1), (90.0, (2, 3), 2), (180.0, (3, 4), 0)],
)
def test_grid_actions_turn_towards_the_path(angle, cell, action):
    assert grid_action([3.5 * 96, -3.5 * 96, angle], [cell]) == action


def test_steering_by_hand():
    """Aims at the furthest cell in a straight line, from the place where it rolls out."""
    centre = 3.5 * 96
    ahead: Any = [(3, 2), (3, 3), (2, 3)]
    assert WalkSteering(crossing().walls).action([1.5 * 96, -centre, 0.0], ahead) == 2
    assert WalkSteering(crossing().walls).action([1.5 * 96, -centre, 9.0], ahead) == 1
    # From 2.75 cells it rolls on to 3.4: time to turn north, although a corner is in between.
    to_north: Any = [(3, 3), (2, 3), (1, 3)]
    steering = WalkSteering(crossing().walls)
    assert steering.action([2.75 * 96 - 30, -centre, 0.0], to_north) == 2
    assert steering.action([2.75 * 96, -centre, 0.0], to_north) == 0
    at_rest = WalkSteering(crossing().walls)
    assert at_rest.action([2.75 * 96, -centre, 0.0], to_north) == 2
