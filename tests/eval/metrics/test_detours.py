"""Moves away from what is left to search, by hand and against slower searches."""

import numpy as np
import pytest
import torch
from support.scripted import Script

from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.metrics import detours
from rl2_mazes.eval.metrics.detours import count_detours, distances
from rl2_mazes.eval.metrics.episode import episodes_of
from rl2_mazes.eval.metrics.summary import summary
from rl2_mazes.eval.metrics.views import NEVER
from rl2_mazes.eval.trials.runner import evaluate
from rl2_mazes.mazes.baselines import SCRIPTED_AGENTS
from rl2_mazes.mazes.geometry import cells_of
from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.planning.shortest_paths import UNREACHABLE, cell_distances
from rl2_mazes.mazes.planning.visibility import visible_cells
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks, draw_mazes
from rl2_mazes.mazes.twin.twin import TwinEnv

EAST, WEST = 0, 2
GRID = MazeRules(movement="grid", horizon=60, obs_height=1, obs_width=1)


def run(mazes, agent=None, scripted=None, episodes=1):
    chosen = MazeSet(mazes)
    tasks = torch.arange(len(mazes))
    trial = Trial(TwinEnv(chosen, GRID, len(mazes)), chosen, episodes, tasks=tasks)
    agent = agent or SCRIPTED_AGENTS.get(scripted).build(trial)
    return evaluate(agent, trial, len(mazes), seed=0)


def corridor(heading):
    """Rooms at columns 1, 3, 5 and 7; the start is at 3, the target at 1."""
    walls = np.ones((3, 9), dtype=bool)
    walls[1, 1:8] = False
    return Maze(walls, (Pose(1, 3, heading),), ((1, 1),))


@pytest.mark.parametrize(
    ("heading", "actions", "expected"),
    [
        # All that lies ahead is in view: two moves towards it lead away from the room behind.
        (EAST, [FORWARD, FORWARD, TURN_LEFT, TURN_LEFT, *[FORWARD] * 4], (2, 0)),
        (EAST, [TURN_LEFT, TURN_LEFT, FORWARD, FORWARD], (0, 0)),
        (WEST, [FORWARD, FORWARD], (0, 0)),
    ],
)
def test_by_hand(heading, actions, expected):
    maze = corridor(heading)
    log = run([maze], Script(actions))
    assert log.success.all()
    (episode,) = episodes_of(log, mazes=[maze], rules=GRID)
    assert tuple(each.item() for each in count_detours(episode)) == expected


def test_the_second_episode_has_none():
    maze = corridor(EAST)
    away = [FORWARD, TURN_LEFT, TURN_LEFT, *[FORWARD] * 3]
    log = run([maze], Script(away * 2), episodes=2)
    assert log.success.all()
    figures = summary(log, mazes=[maze], rules=GRID)
    assert figures["detours"] == [1, None]
    assert figures["detours_ci"] == [None, None]


@pytest.fixture(scope="module")
def mazes():
    sizes = [MazeTasks(rooms=rooms, num_mazes=12, loops=0.1) for rooms in (3, 5)]
    return [maze for tasks in sizes for maze in draw_mazes(tasks)]


def slowly(log, mazes):
    """The same by a loop over steps, one trial after the other."""
    found, begin = [], 0
    for maze, length in zip(mazes, log.length[:, 0], strict=True):
        poses = log.poses[begin : begin + length].astype(np.float64)
        begin += length
        cells = [(int(row), int(col)) for row, col in cells_of(poses)]
        seen = np.zeros(maze.walls.shape, dtype=bool)
        rooms, free = seen.copy(), seen.copy()
        rooms[1:-1:2, 1:-1:2] = True
        free[1:-1:2, 1:-1] = free[1:-1, 1:-1:2] = True
        moves = again = 0
        for step, (cell, pose) in enumerate(zip(cells, poses, strict=True)):
            if step and cell != cells[step - 1] and not seen[maze.target(0)]:
                passable = np.where(seen, ~maze.walls, free)
                goals = (rooms & ~seen)[None]
                distance = distances(goals, passable[None])[0]
                away = bool(distance[cell] >= distance[cells[step - 1]])
                moves, again = moves + away, again + (away and cell in cells[:step])
            target = np.array([maze.target(0)])
            seen |= visible_cells(maze.walls[None], target, pose[None])[0]
        found.append((moves, again))
    return found


@pytest.mark.parametrize("agent", ["explorer", "random walk", "wall follower"])
@pytest.mark.parametrize("batch", [4096, 7])
def test_it_is_that_of_a_loop(mazes, agent, batch, monkeypatch):
    """Mazes of two sizes at once."""
    monkeypatch.setattr(detours, "BATCH", batch)
    log = run(mazes, scripted=agent)
    (episode,) = episodes_of(log, mazes=mazes, rules=GRID)
    counted, again = count_detours(episode)
    assert list(zip(counted, again, strict=True)) == slowly(log, mazes)
    if agent == "explorer":  # it counts turns too, so that its nearest room may be another
        assert counted.mean() < 1
    else:
        assert counted.mean() > again.mean() > 0.1


def test_distances_are_those_of_a_search(mazes):
    for maze in mazes:
        goals = np.zeros(maze.walls.shape, dtype=bool)
        goals[maze.target(0)] = True
        expected = cell_distances(maze, maze.target(0))
        found = distances(goals[None], ~maze.walls[None])[0]
        assert (found[~maze.walls] == expected[~maze.walls]).all()
        assert (found[maze.walls] == NEVER).all()
        assert UNREACHABLE not in expected[~maze.walls]
