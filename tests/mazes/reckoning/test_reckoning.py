"""Reckoned poses beside those of the simulator."""

import numpy as np
import pytest
from support.motion import record

from rl2_mazes.mazes.reckoning.grid import GridReckoner
from rl2_mazes.mazes.reckoning.labels import ReckonedLabels
from rl2_mazes.mazes.reckoning.walk import MOST_CONTACTS, WalkReckoner
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT


def reckon(recorded):
    """Labels in cells, [T, B, 6]."""
    labels = ReckonedLabels(recorded.rules, recorded.success.shape[1], 1)
    found = labels(*recorded.inputs).double().numpy()
    found[..., [0, 1, 4, 5]] *= 3
    return found


def errors(recorded, found):
    """Distance of each reckoned place from the true one, cells; NaN where it is lost."""
    return np.hypot(*(np.moveaxis(found[..., :2], -1, 0) - recorded.place))


def require_angles(recorded, found):
    np.testing.assert_allclose(found[..., 2], np.cos(recorded.angle), atol=1e-4)
    np.testing.assert_allclose(found[..., 3], np.sin(recorded.angle), atol=1e-4)


def test_the_grid_is_exact_through_bumps_and_episodes(grid):
    found = reckon(grid)
    assert (grid.inputs[2] < -0.0405).sum() > 100, "bumps"
    assert grid.inputs[3].sum() > 60, "ends of episodes"
    np.testing.assert_allclose(errors(grid, found), 0, atol=1e-5)
    require_angles(grid, found)


def test_a_walk_without_walls_is_exact():
    turns = [TURN_LEFT] * 3 + [TURN_RIGHT] * 9 + [FORWARD] + [TURN_RIGHT] * 2
    recorded = record("walk", 30, 50, turns * 2, num_envs=1)
    assert (recorded.inputs[2] == recorded.inputs[2].max()).all(), "no contact"
    found = reckon(recorded)
    np.testing.assert_allclose(errors(recorded, found), 0, atol=1e-3)
    require_angles(recorded, found)


def test_walking_drifts_little_until_it_counts_as_lost():
    recorded = record("walk", 80, 60, num_envs=12)
    found = reckon(recorded)
    off = errors(recorded, found)
    known = ~np.isnan(off)
    assert 0.2 < known.mean() < 1
    assert np.median(off[known]) < 0.01
    assert (off[known] < 0.25).mean() > 0.85
    assert (off[:8] < 0.02).all(), "soon after the start"
    require_angles(recorded, found)


def test_a_wall_ahead_stops_it_at_the_wall():
    reckoner, one = WalkReckoner(1), np.ones(1, np.int64)
    for contacts in (0, 0, 3):
        reckoner.step(one * FORWARD, one * contacts)
    assert reckoner.place[:, 0] == pytest.approx((1 / 3, 0), abs=0.01)
    assert not reckoner.is_lost
    for _ in range(MOST_CONTACTS):
        reckoner.step(one * FORWARD, one * 4)
    assert reckoner.is_lost
    reckoner.restart(one == 1)
    assert not reckoner.is_lost
    assert (reckoner.place == 0).all()


def test_it_slides_along_a_wall():
    """At 45 degrees the wall ahead stops one half of the motion."""
    reckoner, one = WalkReckoner(1), np.ones(1, np.int64)
    while reckoner.angle[0] < np.pi / 4:
        reckoner.step(one * TURN_LEFT, one * 0)
    for contacts in (0, 0, 1, 4, 4, 4):
        reckoner.step(one * FORWARD, one * contacts)
    ahead, left = reckoner.place[:, 0]
    assert min(ahead, left) == pytest.approx(1 / 3, abs=0.01)
    assert max(ahead, left) > 0.5


@pytest.mark.parametrize("kind", [GridReckoner, WalkReckoner])
def test_the_target_is_the_cell_that_was_walked_into(kind):
    reckoner, one = kind(2), np.ones(2, np.int64)
    for _ in range(2 if kind is GridReckoner else 4):
        reckoner.step(one * FORWARD, one * 0)
    assert reckoner.target().T.tolist() == [[2, 0]] * 2 if kind is GridReckoner else [[1, 0]] * 2
