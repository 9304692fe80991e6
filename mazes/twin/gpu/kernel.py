"""The twin in Triton: a step of every copy, and its picture, in one launch on a GPU.

One program serves one copy, and writes its picture straight into device memory. The rules are those
of `mazes.twin.episode`.
"""

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]

from .physics import CELL, QUARTER, TICS, grid_step, walk_step
from .raycast import draw


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
            x, y, vx, vy, angle, turn_tics, bumps, touches = walk_step(
                here, height, width, t_row, t_col, o_x, o_y, sine_table,
                x, y, tl.load(mine + 2), tl.load(mine + 3), angle, tl.load(mine + 5), act,
            )  # fmt: skip
            tl.store(mine + 2, vx)
            tl.store(mine + 3, vy)
            tl.store(mine + 5, turn_tics)
        else:
            x, y, angle, bumps, touches = grid_step(here, width, t_row, t_col, x, y, angle, act)
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
        draw(
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
        draw(
            walls + maze * height * width, width, tl.load(target + 2 * maze),
            tl.load(target + 2 * maze + 1), tl.load(texture_set + maze), x, y, angle, sine_table,
            wall, num_walls, memory, flat, palette,
            col, col_weight, rows_read, flat_distances, row, row_weight,
            pictures + copy * obs_height * obs_width * 3, obs_height, obs_width, columns,
        )  # fmt: skip
