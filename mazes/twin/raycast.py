"""Rendering of the player's view: the readable reference.

The engine draws 160x120 pixels, column by column. A wall face covers some rows, with ceiling above
and floor below; each pixel shows one texel. Eyes are 41 units above the floor. The focal length is
80 pixels across and 96 down, since pixels are higher than wide. Light and palette change no colour.
The engine's rounding was measured with textures that show their own coordinates:

- The ray of a column passes through its left edge for wall textures, through its right edge for
  floors and ceilings. A face begins and ends at whole columns, rounded away from the centre of the
  screen.
- The rows that a face covers are interpolated linearly between its ends, after those are rounded.
- The texel of a wall is that of the pixel's lower edge, the texel of a floor that of its centre.
- Wall textures lie in memory column by column, and rows are taken modulo 128: just above its top
  edge a wall shows row 23 of the next column, just below its bottom edge row 0 of it.

Like `mazes.dynamics.collision`, this is plain Python that `mazes.twin.cpu.kernel` compiles.
"""

from math import floor

from ..dynamics.collision import ANGLE, ONE, X, Y
from ..dynamics.physics import SINE, SINE_QUARTER, SINE_SHIFT
from ..geometry import cell_centre
from ..rules import CEILING_HEIGHT, CELL_SIZE, EYE_HEIGHT, TARGET_SIZE
from ..textures import FLAT_SIZE

WIDTH, HEIGHT = 160, 120  # of the engine's frame, pixels
MIDDLE_COL, MIDDLE_ROW = 80, 60
FOCAL_X, FOCAL_Y = 80.0, 96.0  # pixels
RISE = float(CEILING_HEIGHT - EYE_HEIGHT)  # from the eye to the ceiling, map units
DROP = float(EYE_HEIGHT)
TEXTURE_PERIOD = 128  # period of the rows of a wall texture in memory
HALF_TARGET = TARGET_SIZE / 2
CHANNEL_BITS = 21  # of each colour channel in a packed colour
CHANNEL_MASK = (1 << (CHANNEL_BITS - 4)) - 1
EDGE = 1e-7  # of a pixel; keeps a ray off corners where two faces meet


def eye(state):
    """Eye of a player: x, y [map units], cosine and sine of its angle from the engine's table."""
    index = state[ANGLE] >> SINE_SHIFT
    cosine, sine = SINE[index + SINE_QUARTER] / ONE, SINE[index] / ONE
    return state[X] / ONE, state[Y] / ONE, cosine, sine


def first_face(walls, target, x, y, ray_x, ray_y):
    """The first face that a ray meets.

    Args:
        walls: [height, width], nonzero where solid.
        target: [2], row and column of the target.
        x: Origin of the ray, map units.
        y: The same.
        ray_x: Direction of the ray.
        ray_y: The same.

    Returns:
        axis (0: a face of constant x, 1: of constant y), its coordinate along that axis, the
        coordinates of its left and right ends across it, and whether it is the target's.
    """
    centre_x, centre_y = cell_centre(target)
    nearest, axis, line, left, right = 1e9, 0, 0.0, 0.0, 0.0
    if ray_x != 0:
        side = centre_x - HALF_TARGET if ray_x > 0 else centre_x + HALF_TARGET
        distance = (side - x) / ray_x
        if distance > 0 and abs(y + distance * ray_y - centre_y) <= HALF_TARGET:
            half = HALF_TARGET if ray_x > 0 else -HALF_TARGET
            nearest, axis, line, left, right = distance, 0, side, centre_y + half, centre_y - half
    if ray_y != 0:
        side = centre_y - HALF_TARGET if ray_y > 0 else centre_y + HALF_TARGET
        distance = (side - y) / ray_y
        if 0 < distance < nearest and abs(x + distance * ray_x - centre_x) <= HALF_TARGET:
            half = HALF_TARGET if ray_y > 0 else -HALF_TARGET
            nearest, axis, line, left, right = distance, 1, side, centre_x - half, centre_x + half

    col, row = floor(x / CELL_SIZE), floor(-y / CELL_SIZE)
    col_step, row_step = (1 if ray_x > 0 else -1), (-1 if ray_y > 0 else 1)
    across_x = CELL_SIZE / abs(ray_x) if ray_x != 0 else 1e9  # distance between crossed grid lines
    across_y = CELL_SIZE / abs(ray_y) if ray_y != 0 else 1e9
    in_x, in_y = x / CELL_SIZE - col, -y / CELL_SIZE - row
    next_x = across_x * (1 - in_x if ray_x > 0 else in_x) if ray_x != 0 else 1e9
    next_y = across_y * (in_y if ray_y > 0 else 1 - in_y) if ray_y != 0 else 1e9
    while True:
        if next_x < next_y:
            distance, col, next_x = next_x, col + col_step, next_x + across_x
            if distance >= nearest:
                return axis, line, left, right, True
            if walls[row, col]:
                north, south = -row * CELL_SIZE * 1.0, -(row + 1) * CELL_SIZE * 1.0
                if ray_x > 0:
                    return 0, col * CELL_SIZE * 1.0, north, south, False
                return 0, (col + 1) * CELL_SIZE * 1.0, south, north, False
        else:
            distance, row, next_y = next_y, row + row_step, next_y + across_y
            if distance >= nearest:
                return axis, line, left, right, True
            if walls[row, col]:
                west, east = col * CELL_SIZE * 1.0, (col + 1) * CELL_SIZE * 1.0
                if ray_y > 0:
                    return 1, -(row + 1) * CELL_SIZE * 1.0, west, east, False
                return 1, -row * CELL_SIZE * 1.0, east, west, False


def ends_on_screen(x, y, cosine, sine, axis, line, left, right):
    """Columns at which a face begins and ends on the screen.

    Returns:
        The column of its left end, rounded; 1 / depth there; the same of its right end.
    """
    left_x, left_y = (line, left) if axis == 0 else (left, line)
    right_x, right_y = (line, right) if axis == 0 else (right, line)
    side_1 = (left_x - x) * sine - (left_y - y) * cosine
    depth_1 = (left_x - x) * cosine + (left_y - y) * sine
    side_2 = (right_x - x) * sine - (right_y - y) * cosine
    depth_2 = (right_x - x) * cosine + (right_y - y) * sine

    begin, begin_depth = 0.0, depth_1
    if side_1 >= -depth_1 and depth_1 > 0:
        begin = MIDDLE_COL + FOCAL_X * side_1 / depth_1
    else:  # beyond the left edge of the screen: cut where side = -depth
        cut = (side_1 + depth_1) / (side_1 - side_2 + depth_1 - depth_2)
        begin_depth = depth_1 + (depth_2 - depth_1) * cut
    end, end_depth = float(WIDTH), depth_2
    if side_2 <= depth_2 and depth_2 > 0:
        end = MIDDLE_COL + FOCAL_X * side_2 / depth_2
    else:
        cut = (side_1 - depth_1) / (side_1 - side_2 - depth_1 + depth_2)
        end_depth = depth_1 + (depth_2 - depth_1) * cut
    return outward(begin), 1 / begin_depth, outward(end), 1 / end_depth


def outward(column):
    """Rounds a screen coordinate to a whole column, away from the centre of the screen."""
    return floor(column) if column < MIDDLE_COL else -floor(-column)


def cast_column(walls, target, x, y, cosine, sine, column):
    """Casts the ray of one column of the screen.

    Args:
        walls: As in `first_face`.
        target: As in `first_face`.
        x: Of the eye, see `eye`.
        y: The same.
        cosine: The same.
        sine: The same.
        column: 0 .. 159.

    Returns:
        The first row of wall, the first row of floor below it; the texture column; the depth of
        the wall [map units]; whether it is the target.
    """
    left_edge = (column - MIDDLE_COL) / FOCAL_X
    seen = left_edge + (1 - EDGE if column < MIDDLE_COL else -EDGE) / FOCAL_X
    ray_x, ray_y = cosine + sine * seen, sine - cosine * seen
    axis, line, left, right, is_target = first_face(walls, target, x, y, ray_x, ray_y)

    begin, begin_scale, end, end_scale = ends_on_screen(x, y, cosine, sine, axis, line, left, right)
    part = (column - begin) / max(end - begin, 1)
    scale = FOCAL_Y * (begin_scale + (end_scale - begin_scale) * part)
    top = floor(MIDDLE_ROW - RISE * scale)
    bottom = floor(MIDDLE_ROW + DROP * scale)

    start, offset = (y, line - x) if axis == 0 else (x, line - y)
    edge_x, edge_y = cosine + sine * left_edge, sine - cosine * left_edge
    towards, along = (edge_x, edge_y) if axis == 0 else (edge_y, edge_x)
    if towards * offset <= 0:  # the ray of the left edge misses the face: use the pixel's own
        towards, along = (ray_x, ray_y) if axis == 0 else (ray_y, ray_x)
    distance = offset / towards
    texel = floor((start + distance * along - left) * (1 if right > left else -1))
    texel = min(max(texel, 0), int(abs(right - left)) - 1)
    depth = distance * (cosine * cosine + sine * sine)
    return top, bottom, texel, depth, is_target


def wall_texel(row, depth):
    """Index, in the memory of a texture column, of the wall texel that a screen row shows."""
    height = floor(RISE + (row + 1 - MIDDLE_ROW) * depth / FOCAL_Y)
    return height & (TEXTURE_PERIOD - 1)


def flat_distance(row):
    """Distance of the floor or ceiling that a screen row shows, map units."""
    below = row + 0.5 - MIDDLE_ROW
    return (DROP if below > 0 else -RISE) * FOCAL_Y / below


def render(walls, target, texture_set, textures, downsampling, state, columns, frame):
    """Renders a player's view, downsampled to the size of `frame`.

    Args:
        walls: [height, width], nonzero where solid.
        target: [2], row and column of the target.
        texture_set: Index of the maze's textures.
        textures: See `mazes.twin.arrays.TextureTable`.
        downsampling: See `mazes.twin.arrays.Downsampling`.
        state: [6] int64, see `mazes.dynamics.collision`.
        columns: [2, R] int64, scratch memory for two columns.
        frame: [H, W, 3] uint8 RGB, written.
    """
    x, y, cosine, sine = eye(state)
    for out_col in range(frame.shape[1]):
        for side in range(2):
            if downsampling.col_weight[out_col, side] == 0:
                continue
            column = downsampling.col[out_col, side]
            top, bottom, texel, depth, is_target = cast_column(
                walls, target, x, y, cosine, sine, column
            )
            memory = textures.wall[len(textures.wall) - 1 if is_target else texture_set]
            first_texel = texel * CEILING_HEIGHT
            right_edge = (column + 1 - MIDDLE_COL) / FOCAL_X
            ray_x, ray_y = cosine + sine * right_edge, sine - cosine * right_edge
            for index in range(len(downsampling.rows_read)):
                row = downsampling.rows_read[index]
                if top <= row < bottom:
                    colour = memory[first_texel + wall_texel(row, depth)]
                else:
                    distance = downsampling.flat_distance[index]
                    flat_row = floor(-y - distance * ray_y) & (FLAT_SIZE - 1)
                    flat_col = floor(x + distance * ray_x) & (FLAT_SIZE - 1)
                    colour = textures.flat[
                        texture_set, 0 if row >= bottom else 1, flat_row, flat_col
                    ]
                columns[side, index] = textures.packed_palette[colour]
        left, right = downsampling.col_weight[out_col, 0], downsampling.col_weight[out_col, 1]
        for out_row in range(frame.shape[0]):
            upper, lower = downsampling.row[out_row, 0], downsampling.row[out_row, 1]
            above = left * columns[0, upper] + right * columns[1, upper]
            below = left * columns[0, lower] + right * columns[1, lower]
            over, under = downsampling.row_weight[out_row, 0], downsampling.row_weight[out_row, 1]
            for channel in range(3):
                shift = CHANNEL_BITS * channel + 4
                mixed = ((over * ((above >> shift) & CHANNEL_MASK)) >> 16) + (
                    (under * ((below >> shift) & CHANNEL_MASK)) >> 16
                )
                frame[out_row, out_col, channel] = (mixed + 2) >> 2
