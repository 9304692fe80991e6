"""Walking, worked by hand; the numbers are bit-exact with the engine."""

import numpy as np
import pytest

from rl2_mazes.mazes.dynamics.collision import (
    ANGLE,
    ONE,
    TURN_TICS,
    VX,
    VY,
    X,
    Y,
    blocked,
    overlaps_wall,
    target_gap,
)
from rl2_mazes.mazes.dynamics.physics import CIRCLE, SINE, place_player, walk_step, walk_tic
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT

TARGET = np.array([1, 8])
ORIGIN = np.array([96, -192]) * ONE


@pytest.fixture
def hall() -> np.ndarray:
    """One row of eight open cells."""
    walls = np.ones((3, 10), np.uint8)
    walls[1, 1:9] = 0
    return walls


@pytest.fixture
def player() -> np.ndarray:
    state = np.zeros(6, np.int64)
    place_player(state, 1, 2, 0)
    return state


def test_thrust_and_friction(hall, player):
    start = player[X]
    walk_tic(hall, TARGET, ORIGIN, player, FORWARD)
    assert player[X] - start == 51200
    assert player[VX] == 51200 * 0xE800 >> 16
    place_player(player, 1, 2, 0)
    moved = []
    for _ in range(3):
        before = player[X]
        walk_step(hall, TARGET, ORIGIN, player, FORWARD)
        moved.append((player[X] - before) / ONE)
    assert moved == pytest.approx([7.1, 15.7, 21.4], abs=0.1)
    for _ in range(30):
        walk_step(hall, TARGET, ORIGIN, player, TURN_LEFT)
    assert player[VX] == player[VY] == 0


def test_a_held_turn_speeds_up_after_five_tics(hall, player):
    turned = []
    for _ in range(7):
        walk_tic(hall, TARGET, ORIGIN, player, TURN_LEFT)
        turned.append(int(player[ANGLE] >> 16))
    assert turned == [320, 640, 960, 1280, 1600, 2240, 2880]
    walk_tic(hall, TARGET, ORIGIN, player, FORWARD)
    assert player[TURN_TICS] == 0
    walk_tic(hall, TARGET, ORIGIN, player, TURN_RIGHT)
    assert player[ANGLE] >> 16 == 2880 - 320
    assert 0 <= player[ANGLE] < CIRCLE


def test_the_sine_table_is_a_quarter_mirrored():
    assert SINE[0] == 0
    assert SINE[2048] == ONE
    assert SINE[2049] == SINE[2046]  # not 2047, as a sine would have it
    assert (SINE[4096:8192] == -SINE[:4096]).all()


def test_a_head_on_wall_stops_the_player_short_of_it(hall, player):
    player[ANGLE] = CIRCLE // 4  # north: the wall is 48 - 16 units ahead
    contacts = [walk_step(hall, TARGET, ORIGIN, player, FORWARD)[0] for _ in range(6)]
    assert contacts[0] == 0
    assert contacts[-1] == 4
    gap = -96 * ONE - (player[Y] + 16 * ONE)
    assert 0 <= gap < ONE // 2
    assert not overlaps_wall(hall, player[X], player[Y])
    assert player[X] == 240 * ONE


def test_an_oblique_wall_lets_the_player_slide(hall, player):
    player[ANGLE] = CIRCLE // 16
    before = int(player[X])
    contacts = sum(walk_step(hall, TARGET, ORIGIN, player, FORWARD)[0] for _ in range(12))
    assert contacts > 4
    assert player[X] - before > 150 * ONE
    assert -96 * ONE - (player[Y] + 16 * ONE) < ONE


def test_boxes_touch_before_they_overlap(hall):
    touching = -112 * ONE
    assert not overlaps_wall(hall, 240 * ONE, touching)
    assert overlaps_wall(hall, 240 * ONE, touching + 1)
    beside = (8 * 96 + 1 - 16) * ONE
    assert target_gap(TARGET, beside, -144 * ONE) == 0
    assert not blocked(hall, TARGET, beside, -144 * ONE)
    assert blocked(hall, TARGET, beside + 1, -144 * ONE)
