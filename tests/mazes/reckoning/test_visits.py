"""Labels of earlier visits and counts of new cells, against slow oracles on true poses."""

import math

import numpy as np
import torch
from support.motion import REACH, TURNS

from rl2_mazes.mazes.reckoning.labels import NUM_LABELS, ReckonedLabels
from rl2_mazes.mazes.reckoning.novelty import NoveltyCounts
from rl2_mazes.mazes.reckoning.visits import AGE_UNIT, NUM_VISITS, Visits
from rl2_mazes.mazes.rules import FORWARD


def make(recorded, num_starts=1):
    num_envs = recorded.success.shape[1]
    visits = Visits(num_envs, REACH, num_starts)
    return ReckonedLabels(recorded.rules, num_envs, num_starts, visits=visits)


def steps_of(recorded, env):
    """Each step of an environment: is_first, episode, cell, heading, and if it ends an episode the
    cell to which it leads.
    """
    first, action, reward, done = (x[:, env].numpy() for x in recorded.inputs)
    episode = 0
    for t in range(len(first)):
        episode = 0 if first[t] else episode + int(done[t - 1])
        cell = tuple(np.round(recorded.place[:, t, env]).astype(int))
        heading = round(recorded.angle[t, env] / (math.pi / 2)) % 4
        end = None
        if recorded.success[t, env]:
            end = tuple(recorded.target[:, t, env])
        elif done[t]:
            bumped = reward[t] < recorded.rules.step_penalty - 1e-6
            moves = action[t] == FORWARD and not bumped
            end = tuple(np.add(cell, TURNS[heading])) if moves else cell
        yield bool(first[t]), episode, cell, heading, end


def slow_visits(recorded, env, num_starts):
    labels, seen, now, stays = [], {}, 0, None
    for first, episode, cell, heading, end in steps_of(recorded, env):
        if first:
            seen, now = {}, 0
        now += 1
        start = episode % num_starts
        if first or stays != (episode, cell):
            before = seen.get((start, *cell))
        stays = (episode, cell)
        around = [np.add(cell, TURNS[(heading + k) % 4]) for k in range(4)]
        last = [before, *(seen.get((start, *each)) for each in around)]
        labels.append([float(each is not None) for each in last])
        labels[-1] += [math.nan if x is None else math.log2(now - x) / AGE_UNIT for x in last]
        seen[(start, *cell)] = now
        if end is not None:
            seen[(start, *end)] = now
            stays = None
    return labels


def slow_counts(recorded, env):
    counts, entered, found, cells = [], set(), False, set()
    steps = list(steps_of(recorded, env))
    for t, (first, _, cell, _, end) in enumerate(steps):
        if first:
            found = False
        if first or steps[t - 1][4] is not None:
            cells, entered = {cell}, set()
        following = steps[t + 1][2] if t + 1 < len(steps) and end is None else cell
        before = len(entered)
        if not found and following not in cells:
            entered.add(following)
        cells.add(following)
        counts.append((before, 0 if end is not None else len(entered)))
        found = found or bool(recorded.success[t, env])
    return counts


def test_visits_are_those_of_the_oracle_in_every_step(grid):
    found = make(grid)(*grid.inputs).numpy()
    assert found.shape[-1] == NUM_LABELS + NUM_VISITS
    expected = np.array([slow_visits(grid, b, 1) for b in range(found.shape[1])]).transpose(1, 0, 2)
    np.testing.assert_allclose(found[..., NUM_LABELS:], expected, atol=1e-6)
    assert 0.2 < expected[..., 0].mean() < 0.95
    assert np.nanmax(expected[..., 5:]) > 1  # visits in the episode before


def test_the_other_labels_stay_the_same(grid):
    plain = ReckonedLabels(grid.rules, grid.success.shape[1], 1)(*grid.inputs).numpy()
    np.testing.assert_array_equal(make(grid)(*grid.inputs).numpy()[..., :NUM_LABELS], plain)


def test_places_of_another_start_are_not_mixed_up(new_starts):
    found = make(new_starts, 2)(*new_starts.inputs).numpy()[..., NUM_LABELS:]
    expected = [slow_visits(new_starts, b, 2) for b in range(found.shape[1])]
    np.testing.assert_allclose(found, np.array(expected).transpose(1, 0, 2), atol=1e-6)


def test_counts_of_new_cells_are_those_of_the_oracle_and_stop_once_the_target_is_known(grid):
    found = NoveltyCounts(grid.rules, 16, 1, REACH)(*grid.inputs).numpy()
    expected = np.array([slow_counts(grid, b) for b in range(16)]).transpose(1, 0, 2)
    known = slice(None, -1)  # the cell after the last step is not on record
    np.testing.assert_array_equal(found[known], expected[known])
    assert found.max() > 5


def test_rollouts_continue_each_other_and_a_saved_state(grid):
    for build in (make, lambda grid: NoveltyCounts(grid.rules, 16, 1, REACH)):
        whole = build(grid)(*grid.inputs)
        one, other = build(grid), build(grid)
        one(*(x[:77] for x in grid.inputs))
        other.load_state_dict(one.state_dict())
        tail = other(*(x[77:] for x in grid.inputs))
        assert torch.equal(tail.nan_to_num(7), whole[77:].nan_to_num(7))


def test_where_the_place_is_lost_no_label_is_known():
    visits = Visits(2, REACH)
    place, angle = np.array([[0.0, np.nan], [0.0, np.nan]]), np.zeros(2)
    episode, restart = np.zeros(2, np.int64), np.ones(2, bool)
    for _ in range(2):
        labels = visits.look(episode, place, angle, restart)
    assert labels[0, 0] == 1
    assert labels[5, 0] == 0
    assert np.isnan(labels[:, 1]).all()
