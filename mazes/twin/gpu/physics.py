"""`mazes.dynamics.collision` and `mazes.dynamics.physics` in Triton, one player per program.

Functions have the names and results of those files, which document them; tests compare the two. The
text differs because Triton has no early return and divides towards zero.
"""

# Triton's types are not Python's: a constexpr parameter takes a plain number.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]

from ...dynamics import collision, physics
from ...rules import CELL_SIZE, FORWARD, TARGET_SIZE, TICS_PER_STEP, TURN_LEFT


def constant(value):
    """A global that kernels can read; a plain number for the interpreter."""
    return value if triton.knobs.runtime.interpret else tl.constexpr(value)


ONE = constant(collision.ONE)
CELL = constant(collision.CELL)
FAR_CELLS = constant(1024)  # added to coordinates, so that division rounds down
RADIUS = constant(collision.RADIUS)
TARGET_HALF = constant(collision.TARGET_HALF)
TARGET_MARGIN = constant(collision.TARGET_MARGIN)
CLEARANCE = constant(collision.CLEARANCE)
SLIDE_TRIES = constant(collision.SLIDE_TRIES)
BLOCK = constant(collision.BLOCK)
NO_HIT = constant(collision.NO_HIT)
CIRCLE_MASK = constant(physics.CIRCLE - 1)
QUARTER = constant(physics.QUARTER)
SLOW_TURN, FAST_TURN = constant(physics.SLOW_TURN), constant(physics.FAST_TURN)
SLOW_TURN_TICS = constant(physics.SLOW_TURN_TICS)
SINE_SHIFT, SINE_QUARTER = constant(physics.SINE_SHIFT), constant(physics.SINE_QUARTER)
THRUST, FRICTION = constant(physics.THRUST), constant(physics.FRICTION)
STOP_SPEED, TOUCH = constant(physics.STOP_SPEED), constant(physics.TOUCH)
TICS = constant(TICS_PER_STEP)
GO, LEFT = constant(FORWARD), constant(TURN_LEFT)
SIZE, TARGET_LENGTH = constant(CELL_SIZE), constant(TARGET_SIZE)


@triton.jit
def _cells(at):
    return (at + FAR_CELLS * CELL) // CELL - FAR_CELLS


@triton.jit
def _fixed_mul(a, b):
    return (a * b) >> 16


@triton.jit
def _overlaps_wall(walls, width, x, y):
    west, east = _cells(x - RADIUS), _cells(x + RADIUS - 1)
    north, south = _cells(-y - RADIUS), _cells(-y + RADIUS - 1)
    upper = tl.load(walls + north * width + west) | tl.load(walls + north * width + east)
    lower = tl.load(walls + south * width + west) | tl.load(walls + south * width + east)
    return (upper | lower) != 0


@triton.jit
def _target_gap(t_row, t_col, x, y):
    across = tl.abs(x - t_col * CELL - CELL // 2)
    along = tl.abs(y + t_row * CELL + CELL // 2)
    return tl.maximum(across, along) - RADIUS - TARGET_HALF


@triton.jit
def _blocked(walls, width, t_row, t_col, x, y):
    return _overlaps_wall(walls, width, x, y) | (_target_gap(t_row, t_col, x, y) < 0)


@triton.jit
def _solid(walls, width, axis: tl.constexpr, along, across):
    cell = (-1 - across) * width + along if axis == 0 else (-1 - along) * width + across
    return tl.load(walls + cell) != 0


@triton.jit
def _has_face(walls, height, width, axis: tl.constexpr, line, facing, low, high):
    open_cell = tl.where(facing < 0, line - 1, line)
    solid_cell = tl.where(facing < 0, line, line - 1)
    if axis == 0:
        first, last = -height, height * 0 - 1
    else:
        first, last = width * 0, width - 1
    found = line < line
    for across in range(tl.maximum(_cells(low - 1), first), tl.minimum(_cells(high - 1), last) + 1):
        is_open = ~_solid(walls, width, axis, open_cell, across)
        found = found | (is_open & _solid(walls, width, axis, solid_cell, across))
    return found


@triton.jit
def _crossing(line, length, facing, start, move):
    behind_start = (line - start) * facing * length >= ONE
    behind_end = (line - start - move) * facing * length >= ONE
    numerator = 2 * (line - start) * ONE * tl.where(move < 0, -1, 1) + tl.abs(move)
    fraction = tl.maximum(numerator, 0) // (2 * tl.abs(move))
    met = (behind_start != behind_end) & (numerator >= 0) & (fraction <= ONE)
    return tl.where(met, fraction, NO_HIT)


@triton.jit
def _trace(
    walls, height, width, t_row, t_col, origin, origin_across,
    axis: tl.constexpr, centre, start, move, start_across, move_across,
):  # fmt: skip
    best = start * 0 + NO_HIT
    end = start + move
    if axis == 0:
        target_start, target_across = t_col * CELL, (-1 - t_row) * CELL
    else:
        target_start, target_across = (-1 - t_row) * CELL, t_col * CELL
    if move != 0:
        for candidate in tl.static_range(3):
            if candidate == 0:
                line, length = _cells(tl.maximum(start, end)) * CELL, SIZE
            elif candidate == 1:
                line, length = target_start + TARGET_MARGIN, TARGET_LENGTH
            else:
                line, length = target_start + CELL - TARGET_MARGIN, TARGET_LENGTH
            facing = tl.where(centre <= line, -1, 1)
            fraction = _crossing(line, length, facing, start, move)
            if candidate == 1:
                fraction = tl.where(facing < 0, fraction, NO_HIT)
            if candidate == 2:
                fraction = tl.where(facing > 0, fraction, NO_HIT)
            if fraction < best:
                block = ((line - origin) // BLOCK) * BLOCK + origin
                enter = tl.minimum(tl.maximum(start, block), block + BLOCK - 1)
                leave = tl.minimum(tl.maximum(end, block), block + BLOCK - 1)
                across = start_across + move_across * (enter - start) // move
                across_end = start_across + move_across * (leave - start) // move
                low = ((tl.minimum(across, across_end) - origin_across) // BLOCK) * BLOCK
                high = ((tl.maximum(across, across_end) - origin_across) // BLOCK) * BLOCK
                low, high = low + origin_across, high + origin_across + BLOCK
                if candidate == 0:
                    met = _has_face(walls, height, width, axis, _cells(line), facing, low, high)
                else:
                    met = (target_across + CELL - TARGET_MARGIN >= low) & (
                        target_across + TARGET_MARGIN < high
                    )
                best = tl.where(met, fraction, best)
    return best


@triton.jit
def _slide(walls, height, width, t_row, t_col, o_x, o_y, x, y, vx, vy):
    move_x, move_y = vx, vy
    going = vx == vx
    for attempt in range(SLIDE_TRIES + 1):
        if going:
            ahead_x = tl.where(move_x > 0, RADIUS, -RADIUS)
            ahead_y = tl.where(move_y > 0, RADIUS, -RADIUS)
            best = x * 0 + NO_HIT
            x_first = going
            if attempt < SLIDE_TRIES:
                for corner in tl.static_range(3):
                    at_x, at_y = x + ahead_x, y + ahead_y
                    if corner == 1:
                        at_x = x - ahead_x
                    if corner == 2:
                        at_y = y - ahead_y
                    met_x = _trace(
                        walls, height, width, t_row, t_col, o_x, o_y,
                        0, x, at_x, move_x, at_y, move_y,
                    )  # fmt: skip
                    met_y = _trace(
                        walls, height, width, t_row, t_col, o_y, o_x,
                        1, y, at_y, move_y, at_x, move_x,
                    )  # fmt: skip
                    met = tl.minimum(met_x, met_y)
                    tie = (met_x == met_y) & (move_x > 0) & (move_y < 0)
                    x_first = tl.where(met < best, (met_x < met_y) | tie, x_first)
                    best = tl.minimum(met, best)
            stuck = best == NO_HIT
            if (best != NO_HIT) & (best > CLEARANCE):
                new_x = x + _fixed_mul(move_x, best - CLEARANCE)
                new_y = y + _fixed_mul(move_y, best - CLEARANCE)
                stuck = _blocked(walls, width, t_row, t_col, new_x, new_y)
                x, y = tl.where(stuck, x, new_x), tl.where(stuck, y, new_y)
            if stuck:
                up_free = ~_blocked(walls, width, t_row, t_col, x, y + move_y)
                side_free = ~_blocked(walls, width, t_row, t_col, x + move_x, y)
                y = tl.where(up_free, y + move_y, y)
                x = tl.where(~up_free & side_free, x + move_x, x)
                going = stuck != stuck
            elif best == ONE:
                going = best != ONE
            else:
                move_x, move_y = _fixed_mul(move_x, ONE - best), _fixed_mul(move_y, ONE - best)
                vx, vy = tl.where(x_first, 0, move_x), tl.where(x_first, move_y, 0)
                going = _blocked(walls, width, t_row, t_col, x + vx, y + vy)
                x, y = tl.where(going, x, x + vx), tl.where(going, y, y + vy)
    return x, y, vx, vy


@triton.jit
def walk_step(
    walls, height, width, t_row, t_col, o_x, o_y, sine, x, y, vx, vy, angle, turn_tics, action
):
    """See `mazes.dynamics.physics.walk_step`; returns the new state, contacts, and touching."""
    contacts = x * 0
    touched = x != x
    for _ in range(TICS):
        if action == GO:
            turn_tics = turn_tics * 0
            index = angle >> SINE_SHIFT
            vx += _fixed_mul(tl.load(sine + index + SINE_QUARTER), THRUST)
            vy += _fixed_mul(tl.load(sine + index), THRUST)
        else:
            turn_tics += 1
            turn = tl.where(turn_tics <= SLOW_TURN_TICS, SLOW_TURN, FAST_TURN)
            angle = (angle + tl.where(action == LEFT, turn, -turn)) & CIRCLE_MASK
        if (vx != 0) | (vy != 0):
            contact = _overlaps_wall(walls, width, x + vx, y + vy)
            if contact | (_target_gap(t_row, t_col, x + vx, y + vy) < 0):
                x, y, vx, vy = _slide(walls, height, width, t_row, t_col, o_x, o_y, x, y, vx, vy)
            else:
                x, y = x + vx, y + vy
            slow = (tl.abs(vx) < STOP_SPEED) & (tl.abs(vy) < STOP_SPEED) & (action != GO)
            vx = tl.where(slow, 0, _fixed_mul(vx, FRICTION))
            vy = tl.where(slow, 0, _fixed_mul(vy, FRICTION))
            contacts += (contact & ~touched).to(tl.int64)
        touched = touched | (_target_gap(t_row, t_col, x, y) <= TOUCH)
    touches = _target_gap(t_row, t_col, x, y) <= TOUCH
    return x, y, vx, vy, angle, turn_tics, contacts, touches


@triton.jit
def grid_step(walls, width, t_row, t_col, x, y, angle, action):
    """See `mazes.dynamics.physics.grid_step`; returns the new state, bumps, and touching."""
    turn = tl.where(action == LEFT, QUARTER, -QUARTER)
    heading = angle // QUARTER
    new_x = x + tl.where(heading == 0, CELL, tl.where(heading == 2, -CELL, 0))
    new_y = y + tl.where(heading == 1, CELL, tl.where(heading == 3, -CELL, 0))
    row, col = _cells(-new_y), _cells(new_x)
    forward = action == GO
    bump = forward & (tl.load(walls + row * width + col) != 0)
    touches = forward & (row == t_row) & (col == t_col)
    moves = forward & ~bump & ~touches
    x, y = tl.where(moves, new_x, x), tl.where(moves, new_y, y)
    angle = tl.where(forward, angle, (angle + turn) & CIRCLE_MASK)
    return x, y, angle, bump.to(tl.int64), touches
