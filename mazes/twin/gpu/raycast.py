"""`mazes.twin.raycast` in Triton: a vector over the columns of a frame, row after row.

Functions have the names and results of that file, which documents them; tests compare the two.
"""

# Triton's types are not Python's: a constexpr parameter takes a plain number.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]

from ...rules import CEILING_HEIGHT
from ...textures import FLAT_SIZE
from .. import raycast
from .physics import ONE, SINE_QUARTER, SINE_SHIFT, SIZE, TARGET_LENGTH, constant

HALF_TARGET = constant(raycast.HALF_TARGET)
MIDDLE_COL, MIDDLE_ROW = constant(raycast.MIDDLE_COL), constant(raycast.MIDDLE_ROW)
WIDTH = constant(raycast.WIDTH)
FOCAL_X, FOCAL_Y = constant(raycast.FOCAL_X), constant(raycast.FOCAL_Y)
RISE, DROP, EDGE = (constant(x) for x in (raycast.RISE, raycast.DROP, raycast.EDGE))
STRIDE = constant(CEILING_HEIGHT)
PERIOD_MASK = constant(raycast.TEXTURE_PERIOD - 1)
FLAT, FLAT_MASK = constant(FLAT_SIZE), constant(FLAT_SIZE - 1)
CHANNEL_BITS = constant(raycast.CHANNEL_BITS)
CHANNEL_MASK = constant(raycast.CHANNEL_MASK)
FAR = constant(1e9)


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
def _cast_column(walls, width, t_row, t_col, x, y, cosine, sine, column):
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
def render(
    walls, width, t_row, t_col, texture_set, state_x, state_y, angle, sine_table,
    wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight,
    frame, obs_height, obs_width, columns: tl.constexpr,
):  # fmt: skip
    """See `mazes.twin.raycast.render`; `columns` is the width, or the next power of 2."""
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
    top_0, bottom_0, texel_0, depth_0, target_0 = _cast_column(
        walls, width, t_row, t_col, x, y, cosine, sine, column_0
    )
    top_1, bottom_1, texel_1, depth_1, target_1 = _cast_column(
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
        pixel = frame + (out_row * obs_width + out_col) * 3
        tl.store(pixel, ((mixed_r + 2) >> 2).to(tl.uint8), mask=mask)
        tl.store(pixel + 1, ((mixed_g + 2) >> 2).to(tl.uint8), mask=mask)
        tl.store(pixel + 2, ((mixed_b + 2) >> 2).to(tl.uint8), mask=mask)
