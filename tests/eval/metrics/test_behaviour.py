"""Metrics of an agent's path, worked by hand in a small maze."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.recorded import log_of
from support.scripted import Script

from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.metrics.behaviour import count_revisits, count_seen_cells, count_wall_hits
from rl2_mazes.eval.metrics.episode import episodes_of
from rl2_mazes.eval.metrics.exploration import count_dead_ends, count_unseen_rooms
from rl2_mazes.eval.metrics.summary import summary
from rl2_mazes.eval.metrics.views import views_of
from rl2_mazes.eval.trials.runner import TrialLog, evaluate
from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinEnv

GRID = MazeRules(movement="grid", horizon=9, obs_height=1, obs_width=1)


def play(maze: Maze, actions, rules: MazeRules = GRID) -> TrialLog:
    mazes = MazeSet([maze])
    trial = Trial(TwinEnv(mazes, rules, 1), mazes, 2, tasks=torch.arange(1))
    return evaluate(Script(actions), trial, 1, seed=0)


def counts(count, log, mazes=None, rules=GRID) -> list[list[int]]:
    """Counts of all episodes, by trial."""
    episodes = episodes_of(log, mazes=mazes, rules=rules)
    return np.stack([count(episode) for episode in episodes], axis=1).tolist()


# In `corner`: two bumps on the way there and back, until the horizon; then the shortest path.
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


def test_wall_hits_and_revisited_cells_by_hand(corner):
    """It bumps at each end of the corridor, and comes back through two of its three cells."""
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    assert log.success.tolist() == [[False, True]]
    assert counts(count_wall_hits, log) == [[2, 0]]
    assert counts(count_revisits, log) == [[2, 0]]


def test_cells_seen_by_hand(corner):
    """The corridor's three cells, and (2, 3) through its side; in episode 2 the target as well.

    From the west end the side is met 0.5 / slope cells ahead: slopes .225, .275, .325 reach (2, 3).
    They go on into the wall east of it, so that the target at (1, 3) is only seen from below.
    """
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    assert counts(count_seen_cells, log, [corner]) == [[4, 5]]


def test_a_search_by_hand(corner):
    """Back to the west end, where it began, and never up to the target; then straight to it."""
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    assert counts(count_unseen_rooms, log, [corner]) == [[1, 0]]
    assert counts(lambda episode: count_dead_ends(episode)[0], log, [corner]) == [[1, 0]]
    assert counts(lambda episode: count_dead_ends(episode)[1], log, [corner]) == [[1, 0]]
    # the target is in view once it has turned north
    assert counts(lambda episode: views_of(episode).target_steps, log, [corner]) == [[0, 2]]


def test_cells_seen_are_gathered_over_batches(corner, monkeypatch):
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    monkeypatch.setattr("rl2_mazes.eval.metrics.views.BATCH", 2)
    assert counts(count_seen_cells, log, [corner]) == [[4, 5]]


def test_walking_counts_tics_of_contact(corner):
    """Forward into the corridor's end: at rest against the wall, each of a step's tics counts."""
    rules = replace(GRID, movement="walk", horizon=30)
    log = play(corner, [FORWARD] * 60, rules)
    ((hits, hits_later),) = counts(count_wall_hits, log, rules=rules)
    assert 4 * 15 < hits < 4 * 25
    assert hits == hits_later
    rewards = rules.step_penalty * 30 + rules.wall_penalty * hits
    assert log.episode_return[0, 0] == pytest.approx(rewards, abs=1e-5)


def test_figures_are_means_by_episode(corner):
    log = play(corner, THERE_AND_BACK + STRAIGHT)
    figures = summary(log, mazes=[corner], rules=GRID)
    assert figures["wall_hits"] == [2, 0]
    assert figures["cells_revisited"] == [2, 0]
    assert figures["cells_seen"] == [None, 5]  # of successes
    assert figures["cells_seen_ci"] == [None, None]
    assert figures["steps_in_view"] == [None, 2]
    assert figures["rooms_unseen"] == [1, 0]
    assert (figures["dead_ends"], figures["dead_ends_again"]) == ([1, 0], [1, 0])


def test_metrics_whose_inputs_are_unknown_are_left_out(corner):
    free = replace(GRID, wall_penalty=0.0)
    log = play(corner, THERE_AND_BACK + STRAIGHT, free)
    assert "wall_hits" not in summary(log, mazes=[corner], rules=free)
    without_poses = summary(log_of(STRAIGHT, success=[True]), mazes=[corner], rules=GRID)
    assert not {"wall_hits", "cells_revisited", "cells_seen"} & without_poses.keys()


def test_episodes_of_several_trials_are_kept_apart():
    """Two mazes of different sizes at once; each as it is alone."""
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    corridor = Maze(walls, (Pose(1, 1),), ((1, 5),))
    walls = np.ones((5, 5), dtype=bool)
    walls[1, 1:4] = False
    short = Maze(walls, (Pose(1, 1),), ((1, 3),))
    mazes = MazeSet([corridor, short])
    trial = Trial(TwinEnv(mazes, GRID, 2), mazes, 1, tasks=torch.arange(2))
    log = evaluate(Script([FORWARD] * 20), trial, 2, seed=0)
    assert log.length.tolist() == [[4], [2]]
    assert counts(count_seen_cells, log, [corridor, short]) == [[5], [3]]
    assert counts(count_revisits, log) == [[0], [0]]
    assert counts(count_wall_hits, log) == [[0], [0]]
    in_view = counts(lambda episode: views_of(episode).target_steps, log, [corridor, short])
    assert in_view == [[4], [2]]
