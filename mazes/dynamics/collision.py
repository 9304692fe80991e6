"""Collisions of a player with walls and target, in the engine's integer arithmetic.

The engine computes positions in integers. Sliding along a wall amplifies every difference, so this
file uses the same arithmetic. The functions are plain Python on integers and arrays;
`mazes.twin.cpu.kernel` compiles them as they stand.

A player is a box, 32 units wide. Walls are the faces between open and solid cells; the target is a
smaller box inside its cell. See `mazes.geometry` for coordinates. "Fixed" means an integer number
of 1/65536 map units.
"""

import numpy as np

from ..rules import CELL_SIZE, PLAYER_RADIUS, TARGET_SIZE

ONE = 1 << 16  # a map unit, fixed
CELL = CELL_SIZE * ONE
RADIUS = PLAYER_RADIUS * ONE
TARGET_HALF = TARGET_SIZE * ONE // 2
TARGET_MARGIN = CELL // 2 - TARGET_HALF  # between the sides of a cell and of its target, fixed
CLEARANCE = ONE // 32  # fraction of a move by which it stops short of a wall
SLIDE_TRIES = 2
BLOCK = 128 * ONE  # the engine indexes walls by square blocks of this size
NO_HIT = ONE + 1  # a fraction beyond the move: no wall was met

# Columns of a player's state, all int64: position and velocity (per tic), fixed; angle in 1/2^32 of
# a circle; number of tics for which a turn has been held.
X, Y, VX, VY, ANGLE, TURN_TICS = range(6)
STATE_SIZE = 6


def block_origin(walls):
    """Origin (x, y) of the engine's blocks, fixed: the minimum over the ends of all faces."""
    rows, cols = np.nonzero(np.asarray(walls) == 0)
    return int(cols.min()) * CELL, -(int(rows.max()) + 1) * CELL


def fixed_mul(a, b):
    """Product of two fixed numbers, rounded down."""
    return (a * b) >> 16


def divide_towards_zero(a, b):
    """Quotient a / b, rounded towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def divide_rounded(a, b):
    """Quotient a / b, rounded to the nearest integer."""
    return (2 * a + b) // (2 * b)


def overlaps_wall(walls, x, y):
    """Whether the player's box at (x, y) overlaps a wall; touching is no overlap.

    Args:
        walls: [height, width], nonzero where solid.
        x: Centre of the box, fixed.
        y: The same.
    """
    west, east = (x - RADIUS) // CELL, (x + RADIUS - 1) // CELL
    north, south = (-y - RADIUS) // CELL, (-y + RADIUS - 1) // CELL
    return (
        walls[north, west] != 0
        or walls[north, east] != 0
        or walls[south, west] != 0
        or walls[south, east] != 0
    )


def target_gap(target, x, y):
    """Distance from the player's box at (x, y) to the target's, fixed; negative if they overlap.

    Args:
        target: [2], row and column of the target.
        x: Centre of the box, fixed.
        y: The same.
    """
    across = abs(x - target[1] * CELL - CELL // 2)
    along = abs(y + target[0] * CELL + CELL // 2)
    return max(across, along) - RADIUS - TARGET_HALF


def blocked(walls, target, x, y):
    """Whether the player's box at (x, y) overlaps a wall or the target."""
    return overlaps_wall(walls, x, y) or target_gap(target, x, y) < 0


def solid(walls, axis, along, across):
    """Whether a cell is solid, its indices counted along an axis (0: x, 1: y) and across it."""
    if axis == 0:
        return walls[-1 - across, along] != 0
    return walls[-1 - along, across] != 0


def has_face(walls, axis, line, facing, low, high):
    """Whether a stretch of a grid line holds a wall face of the given orientation.

    Args:
        walls: [height, width], nonzero where solid.
        axis: 0 for a line of constant x, 1 for one of constant y.
        line: Position of the line along the axis, in cells.
        facing: -1 for a face seen from smaller coordinates, 1 for one seen from larger ones.
        low: Start of the stretch across the axis, fixed.
        high: End of the stretch, fixed; faces that touch [low, high) count.
    """
    open_cell, solid_cell = (line - 1, line) if facing < 0 else (line, line - 1)
    first, last = (-walls.shape[0], -1) if axis == 0 else (0, walls.shape[1] - 1)
    for across in range(max((low - 1) // CELL, first), min((high - 1) // CELL, last) + 1):
        if not solid(walls, axis, open_cell, across) and solid(walls, axis, solid_cell, across):
            return True
    return False


def crossing(line, length, facing, start, move):
    """The fraction of a move at which it crosses a face, by the engine's rounding.

    Args:
        line: Coordinate of the face along the axis, fixed.
        length: Length of the face, map units; the engine tells the sides of long faces more finely.
        facing: -1 for a face seen from smaller coordinates, 1 for one seen from larger ones.
        start: Coordinate of the moving corner, fixed.
        move: Displacement of the corner, fixed.

    Returns:
        The fraction, fixed, or `NO_HIT`.
    """
    behind_start = (line - start) * facing * length >= ONE
    behind_end = (line - start - move) * facing * length >= ONE
    if behind_start == behind_end:
        return NO_HIT
    fraction = divide_rounded((line - start) * ONE, move)
    return fraction if 0 <= fraction <= ONE else NO_HIT


def trace(walls, target, origin, axis, centre, start, move, start_across, move_across):
    """The first face across one axis that a corner of the box meets.

    The engine tests whether a corner changes sides of the *infinite* line of a face, for every face
    in the blocks that the corner passes. A face around a bend may therefore stop it too.

    Args:
        walls: [height, width], nonzero where solid.
        target: [2], row and column of the target.
        origin: See `block_origin`.
        axis: 0 for faces of constant x, 1 for faces of constant y.
        centre: Coordinate of the player along the axis, fixed.
        start: Coordinate of the corner along the axis, fixed.
        move: Displacement of the corner along the axis, fixed.
        start_across: Coordinate of the corner across the axis, fixed.
        move_across: Displacement of the corner across the axis, fixed.

    Returns:
        The fraction of the move at which the face is met, fixed, or `NO_HIT`.
    """
    best = NO_HIT
    if move == 0:
        return best
    end = start + move
    target_start = (target[1] if axis == 0 else -1 - target[0]) * CELL
    for candidate in range(3):  # the side of a cell, then two sides of the target
        length = CELL_SIZE if candidate == 0 else TARGET_SIZE
        if candidate == 0:
            line = max(start, end) // CELL * CELL
        elif candidate == 1:
            line = target_start + TARGET_MARGIN
        else:
            line = target_start + CELL - TARGET_MARGIN
        facing = -1 if centre <= line else 1  # a face seen from behind does not count
        if candidate == 0 or facing == (-1 if candidate == 1 else 1):
            fraction = crossing(line, length, facing, start, move)
            if fraction >= best:
                continue
            # Blocks that the corner passes while it is in the row of blocks of this line.
            block = (line - origin[axis]) // BLOCK * BLOCK + origin[axis]
            enter = min(max(start, block), block + BLOCK - 1)
            leave = min(max(end, block), block + BLOCK - 1)
            across = start_across + divide_towards_zero(move_across * (enter - start), move)
            across_end = start_across + divide_towards_zero(move_across * (leave - start), move)
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
    """Moves a player whose straight move is blocked: up to the wall, then along it.

    Traces the three leading corners of the box to find the wall that is met first. The rest of the
    move, projected on that wall, continues along it and becomes the new velocity; it may be blocked
    again. If no wall is found, or too many, each axis is tried by itself. Of two walls met at the
    same time the first in the map's list counts: north, east, south, west of a cell.
    """
    move_x, move_y = state[VX], state[VY]
    for attempt in range(SLIDE_TRIES + 1):
        ahead_x = RADIUS if move_x > 0 else -RADIUS
        ahead_y = RADIUS if move_y > 0 else -RADIUS
        best, wall_axis = NO_HIT, 0
        if attempt < SLIDE_TRIES:
            for corner in range(3):
                x = state[X] + (-ahead_x if corner == 1 else ahead_x)
                y = state[Y] + (-ahead_y if corner == 2 else ahead_y)
                met_x = trace(walls, target, origin, 0, state[X], x, move_x, y, move_y)
                met_y = trace(walls, target, origin, 1, state[Y], y, move_y, x, move_x)
                if min(met_x, met_y) < best:
                    best = min(met_x, met_y)
                    x_first = met_x < met_y or (met_x == met_y and move_x > 0 and move_y < 0)
                    wall_axis = 0 if x_first else 1
        stuck = best == NO_HIT
        if not stuck and best > CLEARANCE:
            x = state[X] + fixed_mul(move_x, best - CLEARANCE)
            y = state[Y] + fixed_mul(move_y, best - CLEARANCE)
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
