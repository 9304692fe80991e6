"""Privileged features: pose, target and shortest path, from wherever the player is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.doom.pool import EngineSettings
from rl2_mazes.mazes.maze import EAST, NORTH, SOUTH, Maze, Pose
from rl2_mazes.mazes.planning.privileged import OFFSET_UNIT, PrivilegedFeatures, path_headings
from rl2_mazes.mazes.planning.shortest_paths import cell_distances
from rl2_mazes.mazes.rules import CELL_SIZE, MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings


def corner() -> Maze:
    """Two cells east, then three south to the target; a second start is nearer."""
    walls = np.ones((6, 5), dtype=bool)
    walls[1, 1:4] = walls[1:5, 3] = False
    return Maze(walls, starts=(Pose(1, 1, EAST), Pose(2, 3, NORTH)), targets=((4, 3),))


def test_headings_lead_to_the_target():
    headings = path_headings(corner(), cell_distances(corner()))
    assert headings[1, 1:3].tolist() == [EAST, EAST]
    assert headings[1:4, 3].tolist() == [SOUTH, SOUTH, SOUTH]
    maze = MazeSet.draw(MazeTasks(rooms=5, num_mazes=1))[0]
    distances = cell_distances(maze)
    headings = path_headings(maze, distances)
    for cell in zip(*np.nonzero(distances > 0), strict=True):
        down, right = ((0, 1), (-1, 0), (0, -1), (1, 0))[headings[cell]]
        assert distances[cell[0] + down, cell[1] + right] == distances[cell] - 1


@pytest.mark.parametrize(
    ("x", "y", "angle", "along", "left", "facing"),
    [
        (1.5, -1.5, 0, 0.0, 0.0, 0),  # in the centre of the start, facing along the path, east
        (1.75, -1.25, 0, 0.25, 0.25, 0),  # a quarter of a cell ahead, and a quarter to the left
        (1.5, -1.5, 90, 0.0, 0.0, 90),
        (3.5, -2.75, 90, 0.25, 0.0, 180),  # the path leads south, the player faces north
        (3.75, -2.5, 180, 0.0, 0.25, -90),  # east is to the left of a path that leads south
    ],
)
def test_the_player_relative_to_the_path(x, y, angle, along, left, facing):
    features = PrivilegedFeatures(MazeSet([corner()]), 250, torch.device("cpu"))(
        torch.tensor([0]),
        torch.tensor([1]),
        torch.tensor([[x * CELL_SIZE, y * CELL_SIZE, float(angle)]]),
        torch.tensor([50]),
    )
    cells = {1: 0.5, 2: 0.2}[int(-y)]
    facing = torch.tensor(facing).deg2rad()
    expected = [cells, 0.2, along, left, facing.cos(), facing.sin(), 0.2]  # episode 1 starts nearer
    torch.testing.assert_close(features[:, :7], torch.tensor([expected]), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("next_episode", "x", "y", "angle", "from_start", "turned", "to_target"),
    [
        (1, 1.5, -1.5, 0, (0, 0), 0, (2, -3)),  # the target: two cells ahead, three to the right
        (1, 3.5, -2.5, 270, (2, -1), -90, (2, 0)),  # straight ahead
        (2, 3.5, -1.5, 180, (1, 0), 90, (0, 3)),  # from the second start, facing north
    ],
)
def test_the_player_relative_to_its_start_and_the_target_to_the_player(
    next_episode, x, y, angle, from_start, turned, to_target
):
    features = PrivilegedFeatures(MazeSet([corner()]), 250, torch.device("cpu"))(
        torch.tensor([0]),
        torch.tensor([next_episode]),
        torch.tensor([[x * CELL_SIZE, y * CELL_SIZE, float(angle)]]),
        torch.tensor([0]),
    )
    turned = torch.tensor(float(turned)).deg2rad()
    places = torch.tensor([*from_start, *to_target]) / OFFSET_UNIT
    expected = torch.cat((places[:2], torch.stack((turned.cos(), turned.sin())), places[2:]))
    torch.testing.assert_close(features[0, 7:], expected, rtol=0, atol=1e-5)


def test_each_episode_has_its_own_target():
    """At rest on the start; targets 2 cells east and 3 south of it, then 3 cells east alone."""
    maze = replace(corner(), starts=(Pose(1, 1, EAST),), targets=((4, 3), (1, 3)))
    features = PrivilegedFeatures(MazeSet([maze]), 250, torch.device("cpu"))
    pose = torch.tensor([[1.5 * CELL_SIZE, -1.5 * CELL_SIZE, 0.0]])
    rows = [
        features(torch.tensor([0]), torch.tensor([next_episode]), pose, torch.tensor([0]))[0]
        for next_episode in (1, 2, 3)
    ]
    here_and_next = [row[:2].tolist() for row in rows]
    for got, expected in zip(here_and_next, [(0.5, 0.2), (0.2, 0.5), (0.5, 0.2)], strict=True):
        assert got == pytest.approx(expected)
    ahead_and_left = [(row[11:] * OFFSET_UNIT).tolist() for row in rows]
    for got, expected in zip(ahead_and_left, [(2, -3), (2, 0), (2, -3)], strict=True):
        assert got == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_engine_and_twin_give_the_same_features(movement):
    suite = MazeSuite(
        tasks=MazeTasks(num_mazes=3, num_starts=2, num_targets=2),
        rules=MazeRules(movement=movement, horizon=6),
    )
    features = []
    for engine in (TwinSettings(device="cpu"), EngineSettings(num_workers=1)):
        env, sampler = suite.build(3, torch.device("cpu"), engine)
        trial = Trial(env, sampler, 2, tasks=torch.arange(3))
        trial.reset(0)
        rng = torch.Generator().manual_seed(0)
        record = [trial.privileged()]
        for _ in range(9):
            _, outcome = trial.step(torch.randint(3, (3,), generator=rng))
            record += [trial.privileged(), trial.training_reward()[:, None]]
            assert torch.equal(record[-1][:, 0], outcome.reward)
        env.close()
        features.append(torch.cat(record, -1))
    torch.testing.assert_close(*features, rtol=0, atol=1e-4)
