"""Labels of the shortest known way to a target, against shortest paths and a slow oracle."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from support.motion import record

from rl2_mazes.mazes.reckoning.labels import NUM_LABELS, ReckonedLabels
from rl2_mazes.mazes.reckoning.paths import NUM_PATHS, Paths

REACH = 6  # of mazes of 3x3 rooms
PATH = [0, 2, 3, 4, 5]  # the same labels among the privileged features
TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # a cell forward, by heading: (ahead, left)


def make(recorded, period=1):
    num_envs = recorded.success.shape[1]
    paths = Paths(num_envs, REACH, period)
    return ReckonedLabels(recorded.rules, num_envs, period, hindsight=True, paths=paths)


def slow_ways(recorded, env):
    """Cells to go through walked passages and the headings that lead there; None if unknown."""
    first, done = (x[:, env].numpy() for x in (recorded.inputs[0], recorded.inputs[3]))
    cells = [tuple(cell) for cell in np.round(recorded.place[:, :, env]).astype(int).T]
    begins = [*np.flatnonzero(first), len(first)]
    ways = []
    for begin, end in pairwise(begins):
        passages, goal = set(), None
        for t in range(begin, end):
            follows = cells[t + 1] if t + 1 < len(cells) and not done[t] else None
            if recorded.success[t, env]:
                goal = follows = tuple(recorded.target[:, t, env].astype(int))
            if follows not in (None, cells[t]):
                passages |= {(cells[t], follows), (follows, cells[t])}
        far, reached = {}, [] if goal is None else [goal]
        while reached:
            far |= dict.fromkeys(reached, max(far.values(), default=-1) + 1)
            reached = {b for a, b in passages if a in reached and b not in far}
        for cell in cells[begin:end]:
            steps = [tuple(np.add(cell, turn)) for turn in TURNS]
            ahead = [
                k
                for k, to in enumerate(steps)
                if (cell, to) in passages and far.get(to, np.inf) < far.get(cell, 0)
            ]
            ways.append((far[cell], ahead) if cell in far else None)
    return ways


def test_without_loops_they_are_shortest_paths(grid):
    labels = make(grid)(*grid.inputs).numpy()
    assert labels.shape[-1] == NUM_LABELS + NUM_PATHS
    found = labels[..., NUM_LABELS:]
    known = ~np.isnan(found[..., 0])
    assert np.array_equal(known, ~np.isnan(labels[..., 4]))
    assert known.sum() > 200
    np.testing.assert_allclose(found[known], grid.privileged[..., PATH][known], atol=1e-6)


def test_with_loops_they_are_ways_through_what_was_walked():
    recorded = record("grid", 300, 60, loops=1.0)
    found = make(recorded)(*recorded.inputs).numpy()[..., NUM_LABELS:]
    longer = found[..., 0] > recorded.privileged[..., 0] + 1e-6
    assert longer.sum() > 20
    for env in range(found.shape[1]):
        for t, way in enumerate(slow_ways(recorded, env)):
            if way is None:
                assert np.isnan(found[t, env]).all()
                continue
            cells, headings = way
            assert found[t, env, 0] == pytest.approx(cells / 10)
            turned = np.arctan2(found[t, env, 4], found[t, env, 3])
            heading = round((recorded.angle[t, env] - turned) / (np.pi / 2)) % 4
            assert heading in headings


def test_the_other_labels_stay_the_same(grid):
    plain = ReckonedLabels(grid.rules, grid.success.shape[1], 1, hindsight=True)
    labels = make(grid)(*grid.inputs).numpy()
    np.testing.assert_array_equal(labels[..., :NUM_LABELS], plain(*grid.inputs).numpy())


def test_passages_of_another_start_are_not_mixed_up():
    recorded = record("grid", 300, 60, num_starts=2)
    found = make(recorded, period=2)(*recorded.inputs).numpy()[..., NUM_LABELS:]
    known = ~np.isnan(found[..., 0])
    assert known.sum() > 200
    np.testing.assert_allclose(found[known], recorded.privileged[..., PATH][known], atol=1e-6)


def test_rollouts_continue_each_other_and_a_saved_state(grid):
    whole = make(grid)(*grid.inputs)
    one, other = make(grid), make(grid)
    one(*(x[:77] for x in grid.inputs))
    other.load_state_dict(one.state_dict())
    tail = other(*(x[77:] for x in grid.inputs))
    assert torch.equal(tail.nan_to_num(7), whole[77:].nan_to_num(7))


def test_nothing_is_known_where_the_place_is_lost_or_off_the_map():
    first = np.zeros((3, 1), bool)
    first[0] = True
    phase, angle = np.zeros((3, 1), np.int64), np.zeros((3, 1))
    before = np.array([[0.0, 1, 2], [0, 0, 0]])[..., None]
    after = before + np.array([1.0, 0])[:, None, None]
    target = np.broadcast_to(np.array([3.0, 0])[:, None, None], before.shape)
    whole = Paths(1, REACH, 1).label(first, phase, before, after, angle, target)
    zeros, ones = [0] * 3, [1] * 3
    np.testing.assert_allclose(whole[:, :, 0], [[0.3, 0.2, 0.1], zeros, zeros, ones, zeros])
    lost = before.copy()
    lost[:, 1] = np.nan
    labels = Paths(1, REACH, 1).label(first, phase, lost, after, angle, target)
    assert np.isnan(labels[:, :2]).all()  # between them and the target nothing is known to be open
    np.testing.assert_array_equal(labels[:, 2], whole[:, 2])
    assert np.isnan(Paths(1, 3, 1).label(first, phase, before, after, angle, target)).all()
