"""An agent's own map, against a slow oracle on true poses."""

import math

import numpy as np
from support.motion import record

from rl2_mazes.mazes.reckoning.egocentric import FARTHEST, NUM_OTHERS, EgocentricMap
from rl2_mazes.mazes.reckoning.walk import MOST_CONTACTS
from rl2_mazes.mazes.rules import FORWARD
from rl2_mazes.mazes.spaces import maze_spaces

RADIUS, REACH = 2, 8
SIDE = 2 * RADIUS + 1


def views(recorded, radius=RADIUS, reach=REACH, split=None):
    """[T, B, V], step by step; from step `split` on by another object, from the carry alone."""
    make = EgocentricMap, (maze_spaces(recorded.rules).odometry, radius, reach)
    own = make[0](*make[1])
    first, action, reward, done = (x.numpy() for x in recorded.inputs)
    carry = np.zeros((first.shape[1], own.carry_size), np.float32)
    found = []
    for t in range(len(first)):
        if t == split:
            own, carry = make[0](*make[1]), carry.copy()
        before = (np.zeros_like(x[0]) if t == 0 else x[t - 1] for x in (action, reward, done))
        last = (np.where(first[t], 0, x).astype(x.dtype) for x in before)
        view, carry = own.step(carry, *last, first[t])
        found.append(view)
    return np.array(found)


def slow_views(recorded, env):
    """Views of an environment from true poses, step by step."""
    first, _, _, done = (x[:, env].numpy() for x in recorded.inputs)
    now, earlier, target, rows = set(), set(), None, []
    for t in range(len(first)):
        if t and done[t - 1]:
            if recorded.success[t - 1, env]:
                now.add(tuple(recorded.target[:, t - 1, env]))
                target = recorded.target[:, t - 1, env]
            earlier, now = earlier | now, set()
        if first[t]:
            now, earlier, target = set(), set(), None
        place, angle = recorded.place[:, t, env], recorded.angle[t, env]
        cell = np.round(place).astype(int)
        now.add(tuple(cell))
        turn = 1j ** round(angle / (math.pi / 2))
        window = [
            a + 1j * b for a in range(-RADIUS, RADIUS + 1) for b in range(-RADIUS, RADIUS + 1)
        ]
        around = [
            tuple(np.add(cell, (round(z.real), round(z.imag)))) for z in (w * turn for w in window)
        ]
        row = [each in now for each in around] + [each in earlier for each in around]
        away = None if target is None else complex(*(target - place)) * np.exp(-1j * angle)
        row += [away is not None, *((0, 0) if away is None else _shares(away, 2 * FARTHEST)), False]
        row += _shares(complex(*(place - cell)) * np.exp(-1j * angle), 2)
        row += [0.5 + (angle / (math.pi / 2) - round(angle / (math.pi / 2)))]
        rows.append(255 * np.array(row, float))
    return np.array(rows)


def _shares(z, scale):
    return [0.5 + z.real / scale, 0.5 + z.imag / scale]


def test_views_on_the_grid_are_those_of_the_oracle(grid):
    expected = np.stack([slow_views(grid, b) for b in range(grid.success.shape[1])], 1)
    found = views(grid)
    assert found.shape[-1] == 2 * SIDE**2 + NUM_OTHERS
    # The last cell of an episode that ends without success is not on record.
    lost = grid.inputs[3].numpy() & ~grid.success
    known = ~np.logical_or.accumulate(lost, 0)
    assert known.mean() > 0.1
    np.testing.assert_allclose(found[known], expected[known], atol=0.51)
    assert found[known][:, 2 * SIDE**2].any()


def test_walking_the_place_is_that_of_the_simulator_as_long_as_no_wall_is_met():
    recorded = record("walk", 40, 60)
    bumped = recorded.inputs[2].numpy() < recorded.rules.step_penalty - 1e-6
    free = ~np.logical_or.accumulate(bumped, 0)
    free = np.roll(free, 1, 0)
    free[0] = True
    expected = np.stack([slow_views(recorded, b) for b in range(free.shape[1])], 1)
    found = views(recorded)
    assert 0.1 < free.mean() < 1
    np.testing.assert_allclose(found[free], expected[free], atol=1.01)


def test_the_carry_is_all_there_is(grid):
    np.testing.assert_array_equal(views(grid), views(grid, split=77))


def test_a_new_trial_begins_a_new_map(grid):
    first = grid.inputs[0].numpy()
    view = views(grid)[first]
    assert first[1:].any()
    np.testing.assert_array_equal(view, np.broadcast_to(view[0], view.shape))
    assert view[0].astype(bool).sum() == 4  # the start, its middle ahead and aside, and the angle


def test_a_lost_agent_marks_nothing_and_says_so():
    """After many steps of contact, until its next episode; a target found then is not entered."""
    own = EgocentricMap(maze_spaces(record("walk", 2, 20).rules).odometry, RADIUS, REACH)
    carry, no = np.zeros((1, own.carry_size), np.float32), np.zeros(1, bool)
    forward, bump = np.full(1, FORWARD), np.full(1, -0.041, np.float32)
    views = [own.step(carry, 0 * forward, 0 * bump, no, ~no)]
    for _ in range(MOST_CONTACTS + 3):
        views.append(own.step(views[-1][1], forward, bump, no, no))
    lost = [view[0, 2 * SIDE**2 + 3] for view, _ in views]
    assert lost == [0] * (MOST_CONTACTS + 1) + [255] * 3
    cells = slice(-((2 * (REACH + RADIUS) + 1) ** 2), None)
    assert (views[-1][1][:, cells] == views[-4][1][:, cells]).all()
    free = np.full(1, -0.04, np.float32)
    away = views[-1][1]
    for _ in range(9):
        away = own.step(away, forward, free, no, no)[1]
    assert (away[:, cells] == views[-4][1][:, cells]).all()
    view, after = own.step(away, forward, free + 1, ~no, no)
    assert view[0, 2 * SIDE**2] == 0
    assert view[0, 2 * SIDE**2 + 3] == 0
    assert (after[:, cells] > 0).sum() == (away[:, cells] > 0).sum()


def test_beyond_the_map_places_stay_at_its_margin(grid):
    far = np.abs(grid.place).max(0) > 2
    small, large = views(grid, radius=1, reach=2), views(grid, radius=1, reach=REACH)
    assert far.any()
    near = ~np.logical_or.accumulate(far, 0)
    np.testing.assert_array_equal(small[near], large[near])
