"""What an agent did on its way, by hand in a small maze."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.recorded import log_of

from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.metrics.behaviour import behaviour, cells_revisited, cells_seen, wall_hits
from rl2_mazes.eval.trials.runner import TrialLog, evaluate
from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinEnv

GRID = MazeRules(movement="grid", horizon=9, obs_height=1, obs_width=1)


class Script:
    """Takes one action after the other, whatever it sees."""

    def __init__(self, actions):
        self.actions = actions

    def initial_carry(self, batch_size):
        return 0

    def act(self, carry, timestep, rng):
        return torch.full(timestep.first.shape, self.actions[carry]), carry + 1, None


def play(maze: Maze, actions, rules: MazeRules = GRID) -> TrialLog:
    mazes = MazeSet([maze])
    trial = Trial(TwinEnv(mazes, rules, 1), mazes, 2, tasks=torch.arange(1))
    return evaluate(Script(actions), trial, 1, seed=0)


# In `corner`: two bumps on the way there and back, until the horizon; then the shortest way.
THERE_AND_BACK = [
    FORWARD,
    FORWARD,
    FORWARD,
    *[TURN_RIGHT] * 2,
    FORWARD,
    FORWARD,
    FORWARD,
    TURN_LEFT,
]
STRAIGHT = [FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD]


def test_bumps_and_returns_by_hand(corner):
    """It bumps at each end of the corridor, and comes back through two of its three cells."""
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    assert log.success.tolist() == [[False, True]]
    assert wall_hits(log, GRID).tolist() == [[2, 0]]
    assert cells_revisited(log).tolist() == [[2, 0]]


def test_cells_seen_by_hand(corner):
    """The corridor's three cells, and (2, 3) through its side; in episode 2 the target as well.

    From the west end the side is met 0.5 / slope cells ahead: slopes .225, .275, .325 reach (2, 3).
    They go on into the wall east of it, so that the target at (1, 3) is only seen from below.
    """
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    assert cells_seen(log, [corner, corner]).tolist() == [[4, 5]]


def test_cells_seen_are_gathered_over_batches(corner, monkeypatch):
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    monkeypatch.setattr("rl2_mazes.eval.metrics.behaviour.BATCH", 2)
    assert cells_seen(log, [corner, corner]).tolist() == [[4, 5]]


def test_walking_counts_tics_of_contact(corner):
    """Forward into the corridor's end: at rest against the wall, each of a step's tics counts."""
    rules = replace(GRID, movement="walk", horizon=30)
    log = play(corner, [FORWARD] * 60, rules)
    hits = wall_hits(log, rules)
    assert 4 * 15 < hits[0, 0] < 4 * 25
    assert hits[0, 0] == hits[0, 1]
    rewards = rules.step_penalty * 30 + rules.wall_penalty * hits[0, 0]
    assert log.episode_return[0, 0] == pytest.approx(rewards, abs=1e-5)


def test_figures_are_means_by_episode(corner):
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    figures = behaviour(log, [corner, corner], GRID)
    assert figures["wall_hits"] == [2, 0]
    assert figures["cells_revisited"] == [2, 0]
    assert figures["cells_seen"] == [None, 5]  # of successes
    assert figures["cells_seen_ci"] == [None, None]


def test_what_cannot_be_told_is_left_out(corner):
    free = replace(GRID, wall_penalty=0.0)
    assert "wall_hits" not in behaviour(
        play(corner, THERE_AND_BACK + STRAIGHT, free), [corner] * 2, free
    )
    assert behaviour(log_of(STRAIGHT, success=[True]), [corner], GRID) == {}


def test_episodes_of_several_trials_are_kept_apart():
    """Two mazes of different sizes at once; each as it is alone."""
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    corridor = Maze(walls, (Pose(1, 1),), (1, 5))
    walls = np.ones((5, 5), dtype=bool)
    walls[1, 1:4] = False
    short = Maze(walls, (Pose(1, 1),), (1, 3))
    mazes = MazeSet([corridor, short])
    trial = Trial(TwinEnv(mazes, GRID, 2), mazes, 1, tasks=torch.arange(2))
    log = evaluate(Script([FORWARD] * 20), trial, 2, seed=0)
    assert log.length.tolist() == [[4], [2]]
    assert cells_seen(log, [corridor, short]).tolist() == [[5], [3]]
    assert cells_revisited(log).tolist() == [[0], [0]]
    assert wall_hits(log, GRID).tolist() == [[0], [0]]
