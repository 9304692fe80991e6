"""The twin in Triton: one launch steps all environments and renders their frames.

One program serves one environment and writes its frame to device memory. The rules are those of
`mazes.twin.episode`.
"""

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]

from .physics import CELL, QUARTER, TICS, grid_step, walk_step
from .raycast import render


@triton.jit
def _present_target(targets, num_targets, most_targets, maze, episode):
    """Row and column, see `mazes.twin.episode.target_index`."""
    count = tl.load(num_targets + maze)
    target = targets + 2 * (maze * most_targets + (episode + count - 1) % count)
    return tl.load(target), tl.load(target + 1)


@triton.jit
def advance(
    action, state, task, episode, steps, running, reward, terminated, truncated, rewards, frames,
    walls, height, width, targets, num_targets, most_targets, origin, texture_set,
    sine_table, wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight, obs_height, obs_width, horizon,
    walk: tl.constexpr, columns: tl.constexpr,
):  # fmt: skip
    """Steps one environment, see `mazes.twin.episode.advance`, and renders its frame."""
    env = tl.program_id(0).to(tl.int64)
    in_episode = tl.load(running + env) != 0
    tl.store(reward + env, 0.0)
    tl.store(terminated + env, in_episode & ~in_episode)
    tl.store(truncated + env, in_episode & ~in_episode)
    if in_episode:
        maze = tl.load(task + env)
        mine = state + env * 6
        here = walls + maze * height * width
        t_row, t_col = _present_target(
            targets, num_targets, most_targets, maze, tl.load(episode + env)
        )
        x, y = tl.load(mine), tl.load(mine + 1)
        angle = tl.load(mine + 4)
        act = tl.load(action + env)
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
        taken = tl.load(steps + env) + 1
        ended = taken >= horizon
        tl.store(steps + env, taken)
        tl.store(reward + env, tl.load(rewards + touches.to(tl.int64) * (TICS + 1) + bumps))
        tl.store(terminated + env, touches)
        tl.store(truncated + env, ended & ~touches)
        tl.store(running + env, ~(ended | touches))
        render(
            here, width, t_row, t_col, tl.load(texture_set + maze), x, y, angle, sine_table,
            wall, num_walls, memory, flat, palette,
            col, col_weight, rows_read, flat_distances, row, row_weight,
            frames + env * obs_height * obs_width * 3, obs_height, obs_width, columns,
        )  # fmt: skip


@triton.jit
def begin(
    mask, state, task, episode, steps, running, frames,
    walls, height, width, targets, num_targets, most_targets,
    starts, num_starts, most_starts, texture_set,
    sine_table, wall, num_walls, memory, flat, palette,
    col, col_weight, rows_read, flat_distances, row, row_weight, obs_height, obs_width,
    columns: tl.constexpr,
):  # fmt: skip
    """Begins an episode of one environment, see `mazes.twin.episode.begin`; renders its frame."""
    env = tl.program_id(0).to(tl.int64)
    if tl.load(mask + env) != 0:
        maze, number = tl.load(task + env), tl.load(episode + env)
        start = starts + (maze * most_starts + number % tl.load(num_starts + maze)) * 3
        x = tl.load(start + 1) * CELL + CELL // 2
        y = -tl.load(start) * CELL - CELL // 2
        angle = tl.load(start + 2) * QUARTER
        mine = state + env * 6
        tl.store(mine, x)
        tl.store(mine + 1, y)
        tl.store(mine + 2, x * 0)
        tl.store(mine + 3, x * 0)
        tl.store(mine + 4, angle)
        tl.store(mine + 5, x * 0)
        tl.store(episode + env, number + 1)
        tl.store(steps + env, x * 0)
        tl.store(running + env, x == x)
        t_row, t_col = _present_target(targets, num_targets, most_targets, maze, number + 1)
        render(
            walls + maze * height * width, width, t_row, t_col,
            tl.load(texture_set + maze), x, y, angle, sine_table,
            wall, num_walls, memory, flat, palette,
            col, col_weight, rows_read, flat_distances, row, row_weight,
            frames + env * obs_height * obs_width * 3, obs_height, obs_width, columns,
        )  # fmt: skip
