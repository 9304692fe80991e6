"""Steps of a player in both movements, bit-exact with the engine.

*walk* holds a button for four tics. A tic of Doom turns, or thrusts along the heading; then moves,
or slides along an obstacle; then applies friction. *grid* has no dynamics: one cell forward, or a
quarter turn. Like `mazes.dynamics.collision`, this is plain Python on integers that
`mazes.twin.cpu.kernel` compiles as it stands. The constants were measured in the engine.
"""

import numpy as np

from ..rules import FORWARD, TICS_PER_STEP, TOUCH_GAP, TURN_LEFT
from .collision import (
    ANGLE,
    CELL,
    ONE,
    TURN_TICS,
    VX,
    VY,
    X,
    Y,
    fixed_mul,
    overlaps_wall,
    slide,
    target_gap,
)

CIRCLE = 1 << 32  # a full turn
QUARTER = CIRCLE // 4
SLOW_TURN, FAST_TURN = 320 << 16, 640 << 16  # turn per tic: at first, and from the sixth tic
SLOW_TURN_TICS = 5
SINE_SHIFT = 19  # right shift from an angle to an index of the sine table
SINE_QUARTER = 2048
THRUST = 51200  # speed gained per tic of walking forward, fixed
FRICTION = 0xE800  # factor by which a tic reduces the speed, fixed
STOP_SPEED = 0x1000  # below this speed the player stops unless it walks, fixed
TOUCH = int(TOUCH_GAP * ONE)


def _sine_table() -> np.ndarray:
    """The engine's sine table, [10240] int64 fixed: a circle in 8,192 steps, then a quarter more.

    One quarter is computed, rounded towards zero, and mirrored into the other three. As in the
    engine, mirroring whole entries shifts the second and fourth quarter by one step.
    """
    quarter = (np.sin(np.arange(SINE_QUARTER) * np.pi / 4096) * ONE).astype(np.int64)
    half = np.concatenate([quarter, quarter[::-1]])
    half[SINE_QUARTER] = ONE
    circle = np.concatenate([half, -half])
    return np.concatenate([circle, circle[:SINE_QUARTER]])


SINE = _sine_table()


def place_player(state, row, col, heading):
    """Puts a player at rest into the centre of a cell; `heading` in quarter turns from east."""
    state[X] = col * CELL + CELL // 2
    state[Y] = -row * CELL - CELL // 2
    state[VX] = state[VY] = 0
    state[ANGLE] = heading * QUARTER
    state[TURN_TICS] = 0


def grid_step(walls, target, state, action):
    """One step of grid movement, in place.

    Args:
        walls: [height, width], nonzero where solid.
        target: [2], row and column of the target.
        state: [6] int64, see `mazes.dynamics.collision`.
        action: See `mazes.rules`.

    Returns:
        1 for a bump into a wall, else 0; and whether the step leads into the target's cell. In both
        cases the player stays.
    """
    if action != FORWARD:
        state[ANGLE] = (state[ANGLE] + (QUARTER if action == TURN_LEFT else -QUARTER)) % CIRCLE
        return 0, False
    heading = state[ANGLE] // QUARTER
    x = state[X] + (CELL if heading == 0 else -CELL if heading == 2 else 0)
    y = state[Y] + (CELL if heading == 1 else -CELL if heading == 3 else 0)
    if walls[-y // CELL, x // CELL]:
        return 1, False
    if -y // CELL == target[0] and x // CELL == target[1]:
        return 0, True
    state[X], state[Y] = x, y
    return 0, False


def walk_step(walls, target, origin, state, action):
    """One step of walking: four tics, in place.

    Args:
        walls: As in `grid_step`.
        target: As in `grid_step`.
        origin: See `mazes.dynamics.collision.trace`.
        state: As in `grid_step`.
        action: As in `grid_step`.

    Returns:
        Number of tics in which a wall stopped the player, before it touched the target; and whether
        it touches the target at the end.
    """
    contacts = 0
    touched = False
    for _ in range(TICS_PER_STEP):
        if walk_tic(walls, target, origin, state, action) and not touched:
            contacts += 1
        touched = touched or target_gap(target, state[X], state[Y]) <= TOUCH
    return contacts, target_gap(target, state[X], state[Y]) <= TOUCH


def walk_tic(walls, target, origin, state, action):
    """One tic of walking, in place.

    Args:
        walls: As in `grid_step`.
        target: As in `grid_step`.
        origin: See `mazes.dynamics.collision.trace`.
        state: As in `grid_step`.
        action: The action held.

    Returns:
        Whether a wall stopped part of the motion.
    """
    if action == FORWARD:
        state[TURN_TICS] = 0
        index = state[ANGLE] >> SINE_SHIFT
        state[VX] += fixed_mul(THRUST, int(SINE[index + SINE_QUARTER]))
        state[VY] += fixed_mul(THRUST, int(SINE[index]))
    else:
        state[TURN_TICS] += 1
        turn = SLOW_TURN if state[TURN_TICS] <= SLOW_TURN_TICS else FAST_TURN
        turned = state[ANGLE] + (turn if action == TURN_LEFT else -turn)
        state[ANGLE] = turned % CIRCLE
    if state[VX] == 0 and state[VY] == 0:
        return False

    x, y = state[X] + state[VX], state[Y] + state[VY]
    contact = overlaps_wall(walls, x, y)
    if contact or target_gap(target, x, y) < 0:
        slide(walls, target, origin, state)
    else:
        state[X], state[Y] = x, y

    if action != FORWARD and abs(state[VX]) < STOP_SPEED and abs(state[VY]) < STOP_SPEED:
        state[VX] = state[VY] = 0
    else:
        state[VX] = fixed_mul(state[VX], FRICTION)
        state[VY] = fixed_mul(state[VY], FRICTION)
    return contact
