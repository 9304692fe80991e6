"""How the player moves, tic by tic, in the engine's own arithmetic: the readable reference.

ViZDoom's engine computes in integers: positions and velocities in map units with 16 fractional
bits, angles as fractions of a circle with 32 bits. So does this file, and it follows the engine's
rules to the last bit, because a slide along a wall amplifies every difference. Each function is
plain Python on integers and arrays; `mazes.twin.kernel_cpu` compiles these very functions.

One tic of walking: turn, thrust along the heading, move (or slide), friction. A player is a box,
32 units wide; walls are the faces between open and solid cells, and the target is a smaller box.

Coordinates: x east, y north; cell (row, col) covers x in [96 col, 96 (col + 1)] and y in
[-96 (row + 1), -96 row]. "Fixed" below means an integer count of 1/65536 map units.
"""

import numpy as np

from mazes.rules import CELL_SIZE, FORWARD, PLAYER_RADIUS, TARGET_SIZE, TURN_LEFT

ONE = 1 << 16  # a map unit, fixed
CELL = CELL_SIZE * ONE
RADIUS = PLAYER_RADIUS * ONE
TARGET_MARGIN = (CELL_SIZE - TARGET_SIZE) // 2 * ONE  # from a cell's side to the target's, fixed

CIRCLE = 1 << 32  # a full turn
QUARTER = CIRCLE // 4
SLOW_TURN, FAST_TURN = 320 << 16, 640 << 16  # a tic's turn: at first, and from the sixth tic on
SLOW_TURN_TICS = 5
SINE_SHIFT = 19  # from an angle to an index of the sine table
SINE_QUARTER = 2048
THRUST = 51200  # speed gained by a tic of walking forward, fixed
FRICTION = 0xE800  # what a tic leaves of the speed, fixed
STOP_SPEED = 0x1000  # slower than this with nothing held, the player stops
SHY = ONE // 32  # a blocked move stops this fraction of itself short of the wall
SLIDE_TRIES = 3
BLOCK = 128 * ONE  # walls are looked up by blocks of this size
MISS = ONE + 1  # a fraction of a move that says that no wall was met

def _sine_table() -> np.ndarray:
    """The engine's sines, [10240] int64 fixed: a circle in 8,192 steps, then a quarter again.

    One quarter is computed, rounded towards zero, and mirrored into the other three; mirroring
    whole entries puts the second and fourth quarter off by one step.
    """
    quarter = (np.sin(np.arange(SINE_QUARTER) * np.pi / 4096) * ONE).astype(np.int64)
    half = np.concatenate([quarter, quarter[::-1]])
    half[SINE_QUARTER] = ONE
    circle = np.concatenate([half, -half])
    return np.concatenate([circle, circle[:SINE_QUARTER]])


SINE = _sine_table()

# Columns of a player's state, all int64.
X, Y, VX, VY, ANGLE, TURN_TICS = range(6)
STATE_SIZE = 6


def fixed_mul(a, b):
    """Product of two fixed numbers, rounded down."""
    return (a * b) >> 16


def truncated(a, b):
    """A / b, rounded towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def rounded(a, b):
    """a / b, rounded to the nearest."""
    return (2 * a + b) // (2 * b)


def blocked(walls, target, x, y):
    """Whether the player's box at (x, y) would cut into a wall or the target.

    Args:
        walls: [height, width], nonzero where solid.
        target: [2], row and column of the target.
        x, y: Centre of the box, fixed.
    """
    left, right, south, north = x - RADIUS, x + RADIUS, y - RADIUS, y + RADIUS
    for row in range((-north) // CELL, (-south - 1) // CELL + 1):
        for col in range(left // CELL, (right - 1) // CELL + 1):
            if walls[row, col]:
                return True
            if row == target[0] and col == target[1]:
                west, top = col * CELL, -row * CELL
                if (
                    right > west + TARGET_MARGIN
                    and left < west + CELL - TARGET_MARGIN
                    and north > top - CELL + TARGET_MARGIN
                    and south < top - TARGET_MARGIN
                ):
                    return True
    return False


def solid(walls, axis, along, across):
    """Whether a cell is solid, its indices counted along an axis (0: x, 1: y) and across it."""
    if axis == 0:
        return walls[-1 - across, along] != 0
    return walls[-1 - along, across] != 0


def has_face(walls, axis, line, facing, low, high):
    """Whether a wall face lies on a grid line, facing a way, in a stretch of that line.

    Args:
        walls: [height, width], nonzero where solid.
        axis: 0 for a line of constant x, 1 for one of constant y.
        line: Where along the axis, in cells.
        facing: -1 for a face seen from smaller coordinates, 1 for one seen from larger ones.
        low, high: The stretch across the axis, fixed; faces that touch [low, high) count.
    """
    open_cell, solid_cell = (line - 1, line) if facing < 0 else (line, line - 1)
    first, last = (-walls.shape[0], -1) if axis == 0 else (0, walls.shape[1] - 1)
    for across in range(max((low - 1) // CELL, first), min((high - 1) // CELL, last) + 1):
        if not solid(walls, axis, open_cell, across) and solid(walls, axis, solid_cell, across):
            return True
    return False


def crossing(line, length, facing, centre, start, move):
    """The fraction of a move at which it crosses a face, as far as the engine notices.

    Args:
        line: Coordinate of the face along the axis, fixed.
        length: Of the face, map units: the longer, the more finely the engine tells its sides.
        facing: -1 for a face seen from smaller coordinates, 1 for one seen from larger ones.
        centre: The player's coordinate; a face seen from behind does not count.
        start, move: The moving corner's coordinate and its move, fixed.

    Returns:
        The fraction, fixed, or `MISS`.
    """
    behind_centre = (line - centre) * facing * length >= ONE
    behind_start = (line - start) * facing * length >= ONE
    behind_end = (line - start - move) * facing * length >= ONE
    if behind_centre or behind_start == behind_end:
        return MISS
    fraction = rounded((line - start) * ONE, move)
    return fraction if 0 <= fraction <= ONE else MISS


def trace(walls, target, origin, axis, centre, start, move, start_across, move_across):
    """The first face across one axis that a corner of the box meets.

    The engine asks whether a corner changes sides of a face's *infinite* line, for every face in
    the blocks that the corner passes. So a face around the bend may stop it too.

    Args:
        walls, target: As in `blocked`.
        origin: [2], the corner (x, y) that blocks are counted from, fixed.
        axis: 0 for faces of constant x, 1 for faces of constant y.
        centre: The player's coordinate along the axis, fixed.
        start, move: The corner's coordinate along the axis and its move, fixed.
        start_across, move_across: The same across the axis.

    Returns:
        The fraction of the move at which it is met, fixed, or `MISS`.
    """
    best = MISS
    if move == 0:
        return best
    end = start + move
    for candidate in range(3):  # a cell's side, and two of the target's
        if candidate == 0:
            line = max(start, end) // CELL * CELL
            length = CELL_SIZE
        else:
            along = target[1] if axis == 0 else -1 - target[0]
            line = along * CELL + (TARGET_MARGIN if candidate == 1 else CELL - TARGET_MARGIN)
            length = TARGET_SIZE
        for facing in (-1, 1):
            if candidate > 0 and (candidate == 1) != (facing == -1):
                continue
            fraction = crossing(line, length, facing, centre, start, move)
            if fraction >= best:
                continue
            # The blocks that the corner passes while it is in this line's own row of blocks.
            block = (line - origin[axis]) // BLOCK * BLOCK + origin[axis]
            enter, leave = min(max(start, block), block + BLOCK - 1), min(max(end, block), block + BLOCK - 1)
            across = start_across + truncated(move_across * (enter - start), move)
            across_end = start_across + truncated(move_across * (leave - start), move)
            base = origin[1 - axis]
            low = (min(across, across_end) - base) // BLOCK * BLOCK + base
            high = (max(across, across_end) - base) // BLOCK * BLOCK + base + BLOCK
            if candidate == 0:
                met = has_face(walls, axis, line // CELL, facing, low, high)
            else:
                side = (-1 - target[0] if axis == 0 else target[1]) * CELL
                met = side + CELL - TARGET_MARGIN >= low and side + TARGET_MARGIN < high
            if met:
                best = fraction
    return best


def slide(walls, target, origin, state):
    """Moves the player whose straight move is blocked: up to the wall, then along it.

    The three leading corners of the box are traced to find the wall that is met first. The move
    goes on along that wall with what is left of it, which becomes the new velocity; it may be
    blocked again. When no wall is found, or too many, each axis is tried by itself.
    """
    move_x, move_y = state[VX], state[VY]
    for attempt in range(SLIDE_TRIES):
        ahead_x = RADIUS if move_x > 0 else -RADIUS
        ahead_y = RADIUS if move_y > 0 else -RADIUS
        best, wall_axis = MISS, 0
        if attempt < SLIDE_TRIES - 1:
            for corner in range(3):
                x = state[X] + (-ahead_x if corner == 1 else ahead_x)
                y = state[Y] + (-ahead_y if corner == 2 else ahead_y)
                met_x = trace(walls, target, origin, 0, state[X], x, move_x, y, move_y)
                met_y = trace(walls, target, origin, 1, state[Y], y, move_y, x, move_x)
                if min(met_x, met_y) < best:
                    best, wall_axis = (met_x, 0) if met_x <= met_y else (met_y, 1)
        stuck = best == MISS
        if not stuck and best > SHY:
            x = state[X] + fixed_mul(move_x, best - SHY)
            y = state[Y] + fixed_mul(move_y, best - SHY)
            stuck = blocked(walls, target, x, y)
            if not stuck:
                state[X], state[Y] = x, y
        if stuck:
            if not blocked(walls, target, state[X], state[Y] + move_y):
                state[Y] += move_y
            elif not blocked(walls, target, state[X] + move_x, state[Y]):
                state[X] += move_x
            return
        if best == ONE:
            return
        move_x, move_y = fixed_mul(move_x, ONE - best), fixed_mul(move_y, ONE - best)
        state[VX] = move_x if wall_axis == 1 else 0
        state[VY] = move_y if wall_axis == 0 else 0
        if not blocked(walls, target, state[X] + state[VX], state[Y] + state[VY]):
            state[X] += state[VX]
            state[Y] += state[VY]
            return


def walk_tic(walls, target, origin, state, action):
    """One tic of walking, in place.

    Args:
        walls, target, origin: As in `trace`.
        state: [6] int64, see the column names above.
        action: What is held.

    Returns:
        Whether something stopped part of the motion.
    """
    if action == FORWARD:
        state[TURN_TICS] = 0
        index = state[ANGLE] >> SINE_SHIFT
        state[VX] += fixed_mul(THRUST, SINE[index + SINE_QUARTER])
        state[VY] += fixed_mul(THRUST, SINE[index])
    else:
        state[TURN_TICS] += 1
        turn = SLOW_TURN if state[TURN_TICS] <= SLOW_TURN_TICS else FAST_TURN
        turned = state[ANGLE] + (turn if action == TURN_LEFT else -turn)
        state[ANGLE] = turned % CIRCLE
    if state[VX] == 0 and state[VY] == 0:
        return False

    x, y = state[X] + state[VX], state[Y] + state[VY]
    stopped = blocked(walls, target, x, y)
    if stopped:
        slide(walls, target, origin, state)
    else:
        state[X], state[Y] = x, y

    if action != FORWARD and abs(state[VX]) < STOP_SPEED and abs(state[VY]) < STOP_SPEED:
        state[VX] = state[VY] = 0
    else:
        state[VX] = fixed_mul(state[VX], FRICTION)
        state[VY] = fixed_mul(state[VY], FRICTION)
    return stopped
