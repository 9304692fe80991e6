"""Labels of the shortest known path to a target, against shortest paths and a slow oracle."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from support.motion import REACH, TURNS, record

from rl2_mazes.mazes.reckoning.labels import NUM_LABELS, ReckonedLabels
from rl2_mazes.mazes.reckoning.paths import NUM_PATHS, Paths

PATH = [0, 2, 3, 4, 5]  # the same labels among the privileged features


def make(recorded, period=1):
    num_envs = recorded.success.shape[1]
    paths = Paths(num_envs, REACH, period)
    return ReckonedLabels(recorded.rules, num_envs, period, hindsight=True, paths=paths)


def slow_paths(recorded, env):
    """Cells to go through walked passages and the headings that lead there; None if unknown."""
    first, done = (x[:, env].numpy() for x in (recorded.inputs[0], recorded.inputs[3]))
    cells = [tuple(cell) for cell in np.round(recorded.place[:, :, env]).astype(int).T]
    begins = [*np.flatnonzero(first), len(first)]
    paths = []
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
            paths.append((far[cell], ahead) if cell in far else None)
    return paths


def test_without_loops_they_are_shortest_paths(grid):
    labels = make(grid)(*grid.inputs).numpy()
    assert labels.shape[-1] == NUM_LABELS + NUM_PATHS
    found = labels[..., NUM_LABELS:]
    known = ~np.isnan(found[..., 0])
    assert np.array_equal(known, ~np.isnan(labels[..., 4]))
    assert known.sum() > 200
    np.testing.assert_allclose(found[known], grid.privileged[..., PATH][known], atol=1e-6)


def test_with_loops_they_are_paths_through_what_was_walked():
    recorded = record("grid", 300, 60, loops=1.0)
    found = make(recorded)(*recorded.inputs).numpy()[..., NUM_LABELS:]
    longer = found[..., 0] > recorded.privileged[..., 0] + 1e-6
    assert longer.sum() > 20
    for env in range(found.shape[1]):
        for t, path in enumerate(slow_paths(recorded, env)):
            if path is None:
                assert np.isnan(found[t, env]).all()
                continue
            cells, headings = path
            assert found[t, env, 0] == pytest.approx(cells / 10)
            turned = np.arctan2(found[t, env, 4], found[t, env, 3])
            heading = round((recorded.angle[t, env] - turned) / (np.pi / 2)) % 4
            assert heading in headings


def test_the_other_labels_stay_the_same(grid):
    plain = ReckonedLabels(grid.rules, grid.success.shape[1], 1, hindsight=True)
    labels = make(grid)(*grid.inputs).numpy()
    np.testing.assert_array_equal(labels[..., :NUM_LABELS], plain(*grid.inputs).numpy())


def test_passages_of_another_start_are_not_mixed_up(new_starts):
    found = make(new_starts, period=2)(*new_starts.inputs).numpy()[..., NUM_LABELS:]
    known = ~np.isnan(found[..., 0])
    assert known.sum() > 200
    np.testing.assert_allclose(found[known], new_starts.privileged[..., PATH][known], atol=1e-6)


def test_rollouts_continue_each_other_and_a_saved_state(grid):
    whole = make(grid)(*grid.inputs)
    one, other = make(grid), make(grid)
    one(*(x[:77] for x in grid.inputs))
    other.load_state_dict(one.state_dict())
    tail = other(*(x[77:] for x in grid.inputs))
    assert torch.equal(tail.nan_to_num(7), whole[77:].nan_to_num(7))


def test_in_short_rollouts_no_passage_of_another_trial_is_left(new_starts):
    maker, num_known = make(new_starts, period=2), 0
    for begin in range(0, 300, 12):
        piece = slice(begin, begin + 12)
        found = maker(*(x[piece] for x in new_starts.inputs)).numpy()[..., NUM_LABELS:]
        known = ~np.isnan(found[..., 0])
        num_known += known.sum()
        true = new_starts.privileged[piece][..., PATH]
        np.testing.assert_allclose(found[known], true[known], atol=1e-6)
    assert num_known > 50


def walk(places, target=(3.0, 0.0), angle=0.0, reach=REACH):
    """Labels of one player that steps from each of the places to the next, [`NUM_PATHS`, T]."""
    steps = np.array(places, float).T[..., None]  # [2, T + 1, 1]
    before, after = steps[:, :-1], steps[:, 1:]
    first = np.arange(before.shape[1])[:, None] == 0
    phase, angles = np.zeros(first.shape, np.int64), np.full(first.shape, angle)
    goal = np.broadcast_to(np.array(target)[:, None, None], before.shape)
    return Paths(1, reach, 1).label(first, phase, before, after, angles, goal)[..., 0]


def test_offset_and_angle_are_along_the_path():
    labels = walk([(0, 0), (1, 0), (1, 1), (2, 1), (2.1, 1.2), (2, 0), (3, 0)], angle=np.pi / 2)
    np.testing.assert_allclose(labels[0], [0.5, 0.4, 0.3, 0.2, 0.2, 0.1])
    ahead, left, right = (0, 1), (1, 0), (-1, 0)  # cosine and sine of a player that faces left
    turns = np.array([ahead, left, ahead, right, right, ahead])
    np.testing.assert_allclose(labels[3:].T, turns, atol=1e-12)
    np.testing.assert_allclose(labels[1:3, 4], [-0.2, 0.1], atol=1e-12)
    assert not labels[1:3, :4].any()


def test_nothing_is_known_where_the_place_is_lost_or_off_the_map():
    places = [(0, 0), (1, 0), (2, 0), (3, 0)]
    labels = walk(places)
    np.testing.assert_allclose(labels[0], [0.3, 0.2, 0.1])
    lost = walk([(0, 0), (np.nan, np.nan), (2, 0), (3, 0)])
    assert np.isnan(lost[:, :2]).all()  # between them and the target nothing is known to be open
    np.testing.assert_array_equal(lost[:, 2], labels[:, 2])
    assert np.isnan(walk(places, reach=3)).all()
    assert np.isnan(walk([*places, (2, 0)])[:, 3]).all()  # at the target no path leads on


def test_what_a_trial_walked_in_a_later_phase_is_forgotten_with_it():
    paths, angle = Paths(1, REACH, 2), np.zeros((1, 1))
    here, there = np.zeros((2, 1, 1)), np.array([1.0, 0])[:, None, None]

    def known(is_first, phase, after):
        first, phases = np.full((1, 1), is_first), np.full((1, 1), phase)
        return not np.isnan(paths.label(first, phases, here, after, angle, there)).any()

    assert known(is_first=False, phase=1, after=there)
    assert known(is_first=False, phase=1, after=here)
    assert not known(is_first=True, phase=0, after=here)
    assert not known(is_first=False, phase=1, after=here)
