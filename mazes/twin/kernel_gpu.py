"""The twin in Triton: a step of every copy, and its picture, in one launch on a GPU.

The same rules as `collision`, `physics`, `raycast` and `episode`, function by function under the
same names; those files say what is done and why, and tests hold this one against them. One program
serves one copy: its physics is scalar, its picture a vector over columns, row after row, written
straight into device memory. Triton knows no early return and divides towards zero, which is what
makes this text differ.
"""

import triton
import triton.language as tl

from mazes.rules import CEILING_HEIGHT, CELL_SIZE, FORWARD, TARGET_SIZE, TICS_PER_STEP, TURN_LEFT
from mazes.textures import FLAT_SIZE
from mazes.twin import collision, physics, raycast


def _constant(value):
    """A global that kernels may read. The interpreter computes with plain numbers only."""
    return value if triton.knobs.runtime.interpret else tl.constexpr(value)


ONE = _constant(collision.ONE)
CELL = _constant(collision.CELL)
FAR_CELLS = _constant(1024)  # added to coordinates, so that division rounds down
RADIUS = _constant(collision.RADIUS)
TARGET_HALF = _constant(collision.TARGET_HALF)
TARGET_MARGIN = _constant(collision.TARGET_MARGIN)
SHY = _constant(collision.SHY)
SLIDE_TRIES = _constant(collision.SLIDE_TRIES)
BLOCK = _constant(collision.BLOCK)
MISS = _constant(collision.MISS)
CIRCLE_MASK = _constant(physics.CIRCLE - 1)
QUARTER = _constant(physics.QUARTER)
SLOW_TURN, FAST_TURN = _constant(physics.SLOW_TURN), _constant(physics.FAST_TURN)
SLOW_TURN_TICS = _constant(physics.SLOW_TURN_TICS)
SINE_SHIFT, SINE_QUARTER = _constant(physics.SINE_SHIFT), _constant(physics.SINE_QUARTER)
THRUST, FRICTION = _constant(physics.THRUST), _constant(physics.FRICTION)
STOP_SPEED, TOUCH = _constant(physics.STOP_SPEED), _constant(physics.TOUCH)
TICS = _constant(TICS_PER_STEP)
GO, LEFT = _constant(FORWARD), _constant(TURN_LEFT)
SIZE, TARGET_LENGTH = _constant(CELL_SIZE), _constant(TARGET_SIZE)
HALF_TARGET = _constant(raycast.HALF_TARGET)
MIDDLE_COL, MIDDLE_ROW = _constant(raycast.MIDDLE_COL), _constant(raycast.MIDDLE_ROW)
WIDTH = _constant(raycast.WIDTH)
FOCAL_X, FOCAL_Y = _constant(raycast.FOCAL_X), _constant(raycast.FOCAL_Y)
RISE, DROP, EDGE = (_constant(x) for x in (raycast.RISE, raycast.DROP, raycast.EDGE))
STRIDE = _constant(CEILING_HEIGHT)
PERIOD_MASK = _constant(raycast.TEXTURE_PERIOD - 1)
FLAT, FLAT_MASK = _constant(FLAT_SIZE), _constant(FLAT_SIZE - 1)
CHANNEL_BITS = _constant(raycast.CHANNEL_BITS)
CHANNEL_MASK = _constant(raycast.CHANNEL_MASK)
FAR = _constant(1e9)


@triton.jit
def _cells(at):
    return (at + FAR_CELLS * CELL) // CELL - FAR_CELLS


@triton.jit
def _fixed_mul(a, b):
    return (a * b) >> 16


@triton.jit
def _cuts_wall(walls, width, x, y):
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
    return _cuts_wall(walls, width, x, y) | (_target_gap(t_row, t_col, x, y) < 0)


@triton.jit
def _solid(walls, width, axis: tl.constexpr, along, across):
    if axis == 0:
        cell = (-1 - across) * width + along
    else:
        cell = (-1 - along) * width + across
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
    return tl.where(met, fraction, MISS)


@triton.jit
def _trace(
    walls, height, width, t_row, t_col, origin, origin_across,
    axis: tl.constexpr, centre, start, move, start_across, move_across,
):  # fmt: skip
    best = start * 0 + MISS
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
                fraction = tl.where(facing < 0, fraction, MISS)
            if candidate == 2:
                fraction = tl.where(facing > 0, fraction, MISS)
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
            best = x * 0 + MISS
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
            stuck = best == MISS
            if (best != MISS) & (best > SHY):
                new_x = x + _fixed_mul(move_x, best - SHY)
                new_y = y + _fixed_mul(move_y, best - SHY)
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
def _walk_step(
    walls, height, width, t_row, t_col, o_x, o_y, sine, x, y, vx, vy, angle, turn_tics, action
):
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
            contact = _cuts_wall(walls, width, x + vx, y + vy)
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
def _grid_step(walls, width, t_row, t_col, x, y, angle, action):
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


@triton.jit
def _first_face(walls, width, t_row, t_col, x, y, ray_x, ray_y):
    centre_x, centre_y = (t_col + 0.5) * SIZE, -(t_row + 0.5) * SIZE
    by_x, by_y = tl.where(ray_x == 0, 1.0, ray_x), tl.where(ray_y == 0, 1.0, ray_y)
    half_x = tl.where(ray_x > 0, HALF_TARGET, -HALF_TARGET).to(tl.float64)
    half_y = tl.where(ray_y > 0, HALF_TARGET, -HALF_TARGET).to(tl.float64)
    at_x, at_y = (centre_x - half_x - x) / by_x, (centre_y - half_y - y) / by_y
    met_x = (ray_x != 0) & (at_x > 0) & (tl.abs(y + at_x * ray_y - centre_y) <= HALF_TARGET)
    nearest = tl.where(met_x, at_x, FAR)
    met_y = (ray_y != 0) & (at_y > 0) & (at_y < nearest)
    met_y = met_y & (tl.abs(x + at_y * ray_x - centre_x) <= HALF_TARGET)
    nearest = tl.where(met_y, at_y, nearest)
    axis = tl.where(met_y, 1, 0)
    line = tl.where(met_y, centre_y - half_y, centre_x - half_x)
    left = tl.where(met_y, centre_x - half_y, centre_y + half_x)
    right = tl.where(met_y, centre_x + half_y, centre_y - half_x)

    col, row = tl.floor(x / SIZE), tl.floor(-y / SIZE)
    in_x, in_y = x / SIZE - col + ray_x * 0, -y / SIZE - row + ray_y * 0
    col, row = col.to(tl.int64) + axis * 0, row.to(tl.int64) + axis * 0
    across_x = tl.where(ray_x == 0, FAR, SIZE / tl.abs(by_x))
    across_y = tl.where(ray_y == 0, FAR, SIZE / tl.abs(by_y))
    next_x = tl.where(ray_x == 0, FAR, across_x * tl.where(ray_x > 0, 1 - in_x, in_x))
    next_y = tl.where(ray_y == 0, FAR, across_y * tl.where(ray_y > 0, in_y, 1 - in_y))
    is_target = axis < 0
    active = axis >= 0
    while tl.max(active.to(tl.int32), axis=0) > 0:
        along_x = next_x < next_y
        distance = tl.where(along_x, next_x, next_y)
        step_x, step_y = active & along_x, active & ~along_x
        col += tl.where(step_x, tl.where(ray_x > 0, 1, -1), 0)
        row += tl.where(step_y, tl.where(ray_y > 0, -1, 1), 0)
        next_x += tl.where(step_x, across_x, 0.0)
        next_y += tl.where(step_y, across_y, 0.0)
        on_target = active & (distance >= nearest)
        is_target = is_target | on_target
        active = active & ~on_target
        on_wall = active & (tl.load(walls + row * width + col, mask=active, other=0) != 0)
        east, south = (col * SIZE).to(tl.float64), -((row + 1) * SIZE).to(tl.float64)
        low, high = tl.where(along_x, south, east), tl.where(along_x, south, east) + SIZE
        rising = tl.where(along_x, ray_x > 0, ray_y > 0)  # towards larger coordinates
        near = tl.where(along_x, east, south)
        axis = tl.where(on_wall, tl.where(along_x, 0, 1), axis)
        line = tl.where(on_wall, tl.where(rising, near, near + SIZE), line)
        left = tl.where(on_wall, tl.where(rising == along_x, high, low), left)
        right = tl.where(on_wall, tl.where(rising == along_x, low, high), right)
        active = active & ~on_wall
    return axis, line, left, right, is_target


@triton.jit
def _outward(column):
    return tl.where(column < MIDDLE_COL, tl.floor(column), tl.ceil(column))


@triton.jit
def _end_on_screen(side, depth, other_side, other_depth, edge: tl.constexpr):
    """Column and 1 / depth of an end, `edge` -1 for the left one, cut where side = edge * depth."""
    inside = (depth > 0) & (side * edge <= depth)
    change = side - other_side - edge * (depth - other_depth)
    cut = (side - edge * depth) / tl.where(change == 0, 1.0, change)
    cut_depth = tl.where(inside, depth, depth + (other_depth - depth) * cut)
    column = MIDDLE_COL + FOCAL_X * side / tl.where(inside, depth, 1.0)
    border = (1 + edge) // 2 * WIDTH
    column = tl.where(inside, column, border)
    return _outward(column), 1 / tl.where(cut_depth == 0, 1.0, cut_depth)


@triton.jit
def _look(walls, width, t_row, t_col, x, y, cosine, sine, column):
    left_edge = (column - MIDDLE_COL).to(tl.float64) / FOCAL_X
    seen = left_edge + ((column < MIDDLE_COL).to(tl.float64) - EDGE) / FOCAL_X
    ray_x, ray_y = cosine + sine * seen, sine - cosine * seen
    axis, line, left, right, is_target = _first_face(walls, width, t_row, t_col, x, y, ray_x, ray_y)
    is_x = axis == 0
    left_x, left_y = tl.where(is_x, line, left) - x, tl.where(is_x, left, line) - y
    right_x, right_y = tl.where(is_x, line, right) - x, tl.where(is_x, right, line) - y
    side_1, depth_1 = left_x * sine - left_y * cosine, left_x * cosine + left_y * sine
    side_2, depth_2 = right_x * sine - right_y * cosine, right_x * cosine + right_y * sine
    begin, begin_scale = _end_on_screen(side_1, depth_1, side_2, depth_2, -1)
    end, end_scale = _end_on_screen(side_2, depth_2, side_1, depth_1, 1)
    part = (column - begin) / tl.maximum(end - begin, 1.0)
    scale = FOCAL_Y * (begin_scale + (end_scale - begin_scale) * part)
    top = tl.floor(MIDDLE_ROW - RISE * scale).to(tl.int64)
    bottom = tl.floor(MIDDLE_ROW + DROP * scale).to(tl.int64)

    start, offset = tl.where(is_x, y, x), line - tl.where(is_x, x, y)
    edge_x, edge_y = cosine + sine * left_edge, sine - cosine * left_edge
    towards, along = tl.where(is_x, edge_x, edge_y), tl.where(is_x, edge_y, edge_x)
    past = towards * offset <= 0
    towards = tl.where(past, tl.where(is_x, ray_x, ray_y), towards)
    along = tl.where(past, tl.where(is_x, ray_y, ray_x), along)
    distance = offset / towards
    texel = tl.floor((start + distance * along - left) * tl.where(right > left, 1, -1))
    last = tl.where(is_target, TARGET_LENGTH - 1, SIZE - 1)
    texel = tl.minimum(tl.maximum(texel.to(tl.int64), 0), last)
    return top, bottom, texel, distance * (cosine * cosine + sine * sine), is_target


@triton.jit
def _sample(
    wall, flat, palette, first_texel, texture_set, top, bottom, depth, x, y, ray_x, ray_y,
    row, flat_distance, mask,
):  # fmt: skip
    is_wall = (top <= row) & (row < bottom)
    height = tl.floor(RISE + (row + 1 - MIDDLE_ROW) * depth / FOCAL_Y).to(tl.int64) & PERIOD_MASK
    wall_colour = tl.load(wall + first_texel + height, mask=mask & is_wall, other=0)
    flat_row = tl.floor(-y - flat_distance * ray_y).to(tl.int64) & FLAT_MASK
    flat_col = tl.floor(x + flat_distance * ray_x).to(tl.int64) & FLAT_MASK
    tile = texture_set * 2 + tl.where(row >= bottom, 0, 1)
    texel = (tile * FLAT + flat_row) * FLAT + flat_col
    flat_colour = tl.load(flat + texel, mask=mask & ~is_wall, other=0)
    return tl.load(palette + tl.where(is_wall, wall_colour, flat_colour).to(tl.int32))


@triton.jit
def _draw(
    walls, width, t_row, t_col, texture_set, state_x, state_y, angle, sine_table,
    wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight,
    picture, obs_height, obs_width, columns: tl.constexpr,
):  # fmt: skip
    index = angle >> SINE_SHIFT
    cosine = tl.load(sine_table + index + SINE_QUARTER).to(tl.float64) / ONE
    sine = tl.load(sine_table + index).to(tl.float64) / ONE
    x, y = state_x.to(tl.float64) / ONE, state_y.to(tl.float64) / ONE
    out_col = tl.arange(0, columns)
    mask = out_col < obs_width
    column_0 = tl.load(col + 2 * out_col, mask=mask, other=0)
    column_1 = tl.load(col + 2 * out_col + 1, mask=mask, other=0)
    weight_0 = tl.load(col_weight + 2 * out_col, mask=mask, other=0)
    weight_1 = tl.load(col_weight + 2 * out_col + 1, mask=mask, other=0)
    top_0, bottom_0, texel_0, depth_0, target_0 = _look(
        walls, width, t_row, t_col, x, y, cosine, sine, column_0
    )
    top_1, bottom_1, texel_1, depth_1, target_1 = _look(
        walls, width, t_row, t_col, x, y, cosine, sine, column_1
    )
    texels_0 = tl.where(target_0, num_walls - 1, texture_set) * memory + texel_0 * STRIDE
    texels_1 = tl.where(target_1, num_walls - 1, texture_set) * memory + texel_1 * STRIDE
    edge_0 = (column_0 + 1 - MIDDLE_COL).to(tl.float64) / FOCAL_X
    edge_1 = (column_1 + 1 - MIDDLE_COL).to(tl.float64) / FOCAL_X
    ray_x0, ray_y0 = cosine + sine * edge_0, sine - cosine * edge_0
    ray_x1, ray_y1 = cosine + sine * edge_1, sine - cosine * edge_1
    for out_row in range(obs_height):
        mixed_r, mixed_g, mixed_b = out_col * 0, out_col * 0, out_col * 0
        for which in tl.static_range(2):
            read = tl.load(row + 2 * out_row + which)
            weight = tl.load(row_weight + 2 * out_row + which)
            source = tl.load(rows_read + read)
            far = tl.load(flat_distances + read)
            left = _sample(
                wall, flat, palette, texels_0, texture_set, top_0, bottom_0, depth_0,
                x, y, ray_x0, ray_y0, source, far, mask,
            )  # fmt: skip
            right = _sample(
                wall, flat, palette, texels_1, texture_set, top_1, bottom_1, depth_1,
                x, y, ray_x1, ray_y1, source, far, mask,
            )  # fmt: skip
            packed = weight_0 * left + weight_1 * right
            mixed_r += ((weight * ((packed >> 4) & CHANNEL_MASK)) >> 16).to(tl.int32)
            green = (packed >> (CHANNEL_BITS + 4)) & CHANNEL_MASK
            mixed_g += ((weight * green) >> 16).to(tl.int32)
            blue = (packed >> (2 * CHANNEL_BITS + 4)) & CHANNEL_MASK
            mixed_b += ((weight * blue) >> 16).to(tl.int32)
        pixel = picture + (out_row * obs_width + out_col) * 3
        tl.store(pixel, ((mixed_r + 2) >> 2).to(tl.uint8), mask=mask)
        tl.store(pixel + 1, ((mixed_g + 2) >> 2).to(tl.uint8), mask=mask)
        tl.store(pixel + 2, ((mixed_b + 2) >> 2).to(tl.uint8), mask=mask)


@triton.jit
def advance(
    action, state, task, steps, running, reward, terminated, truncated, rewards, pictures,
    walls, height, width, target, origin, texture_set,
    sine_table, wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight, obs_height, obs_width, horizon,
    walk: tl.constexpr, columns: tl.constexpr,
):  # fmt: skip
    """One step of one copy, see `mazes.twin.episode.advance`; and its picture."""
    copy = tl.program_id(0).to(tl.int64)
    in_episode = tl.load(running + copy) != 0
    tl.store(reward + copy, 0.0)
    tl.store(terminated + copy, in_episode & ~in_episode)
    tl.store(truncated + copy, in_episode & ~in_episode)
    if in_episode:
        maze = tl.load(task + copy)
        mine = state + copy * 6
        here = walls + maze * height * width
        t_row, t_col = tl.load(target + 2 * maze), tl.load(target + 2 * maze + 1)
        x, y = tl.load(mine), tl.load(mine + 1)
        angle = tl.load(mine + 4)
        act = tl.load(action + copy)
        if walk:
            o_x, o_y = tl.load(origin + 2 * maze), tl.load(origin + 2 * maze + 1)
            x, y, vx, vy, angle, turn_tics, bumps, touches = _walk_step(
                here, height, width, t_row, t_col, o_x, o_y, sine_table,
                x, y, tl.load(mine + 2), tl.load(mine + 3), angle, tl.load(mine + 5), act,
            )  # fmt: skip
            tl.store(mine + 2, vx)
            tl.store(mine + 3, vy)
            tl.store(mine + 5, turn_tics)
        else:
            x, y, angle, bumps, touches = _grid_step(here, width, t_row, t_col, x, y, angle, act)
        tl.store(mine, x)
        tl.store(mine + 1, y)
        tl.store(mine + 4, angle)
        taken = tl.load(steps + copy) + 1
        ended = taken >= horizon
        tl.store(steps + copy, taken)
        tl.store(reward + copy, tl.load(rewards + touches.to(tl.int64) * (TICS + 1) + bumps))
        tl.store(terminated + copy, touches)
        tl.store(truncated + copy, ended & ~touches)
        tl.store(running + copy, ~(ended | touches))
        _draw(
            here, width, t_row, t_col, tl.load(texture_set + maze), x, y, angle, sine_table,
            wall, num_walls, memory, flat, palette,
            col, col_weight, rows_read, flat_distances, row, row_weight,
            pictures + copy * obs_height * obs_width * 3, obs_height, obs_width, columns,
        )  # fmt: skip


@triton.jit
def begin(
    mask, state, task, episode, steps, running, pictures,
    walls, height, width, target, starts, num_starts, most_starts, texture_set,
    sine_table, wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight, obs_height, obs_width,
    columns: tl.constexpr,
):  # fmt: skip
    """Begins the next episode of one copy, see `mazes.twin.episode.begin`; and its picture."""
    copy = tl.program_id(0).to(tl.int64)
    if tl.load(mask + copy) != 0:
        maze, number = tl.load(task + copy), tl.load(episode + copy)
        start = starts + (maze * most_starts + number % tl.load(num_starts + maze)) * 3
        x = tl.load(start + 1) * CELL + CELL // 2
        y = -tl.load(start) * CELL - CELL // 2
        angle = tl.load(start + 2) * QUARTER
        mine = state + copy * 6
        tl.store(mine, x)
        tl.store(mine + 1, y)
        tl.store(mine + 2, x * 0)
        tl.store(mine + 3, x * 0)
        tl.store(mine + 4, angle)
        tl.store(mine + 5, x * 0)
        tl.store(episode + copy, number + 1)
        tl.store(steps + copy, x * 0)
        tl.store(running + copy, x == x)
        _draw(
            walls + maze * height * width, width, tl.load(target + 2 * maze),
            tl.load(target + 2 * maze + 1), tl.load(texture_set + maze), x, y, angle, sine_table,
            wall, num_walls, memory, flat, palette,
            col, col_weight, rows_read, flat_distances, row, row_weight,
            pictures + copy * obs_height * obs_width * 3, obs_height, obs_width, columns,
        )  # fmt: skip
