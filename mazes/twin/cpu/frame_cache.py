"""Frames of the environments, and a cache of recent ones.

A player that returns to a pose gets the cached frame instead of a rendered one. In grid movement
that saves four of five frames at first and half of them once an agent has learnt; in walk movement
a fifth at first, when players stand at walls, then a tenth.

Like `mazes.dynamics.collision`, plain Python that `mazes.twin.cpu.kernel` compiles.
"""

from typing import NamedTuple

import numpy as np

from ...dynamics.collision import ANGLE, X, Y
from ..episode import NO_TASK, target_index
from ..raycast import render

CACHED_FRAMES = 64  # per environment; a trial on a small maze mostly fits
MAX_BYTES = 1 << 28  # of all cached frames, unless one per environment is more


class Frames(NamedTuple):
    """Frames of B environments."""

    now: np.ndarray  # [B, H, W, 3] uint8 RGB
    cached: np.ndarray  # [B, K, H, W, 3] uint8, the last K rendered
    keys: np.ndarray  # [B, K, 5] int64: task, x, y, angle and target of each cached frame
    oldest: np.ndarray  # [B] int64: index of the cached frame to replace next


def empty_frames(num_envs: int, height: int, width: int) -> Frames:
    """Black frames and an empty cache."""
    num_cached = max(1, min(CACHED_FRAMES, MAX_BYTES // (num_envs * height * width * 3)))
    return Frames(
        now=np.zeros((num_envs, height, width, 3), np.uint8),
        cached=np.zeros((num_envs, num_cached, height, width, 3), np.uint8),
        keys=np.full((num_envs, num_cached, 5), NO_TASK, np.int64),
        oldest=np.zeros(num_envs, np.int64),
    )


def update_frame(mazes, textures, downsampling, envs, env, frames):
    """Makes `frames.now[env]` the view of the player, from the cache if possible."""
    state, task = envs.state[env], envs.task[env]
    target = target_index(mazes, envs, env)
    cached, keys = frames.cached[env], frames.keys[env]
    for i in range(len(keys)):
        if (
            keys[i, 1] == state[X]
            and keys[i, 2] == state[Y]
            and keys[i, 3] == state[ANGLE]
            and keys[i, 0] == task
            and keys[i, 4] == target
        ):
            copy_frame(cached[i], frames.now[env])
            return
    render_env(mazes, textures, downsampling, envs, env, frames)
    i = frames.oldest[env]
    frames.oldest[env] = (i + 1) % len(keys)
    copy_frame(frames.now[env], cached[i])
    keys[i, 0], keys[i, 1], keys[i, 2], keys[i, 3] = task, state[X], state[Y], state[ANGLE]
    keys[i, 4] = target


def copy_frame(frame, to):
    """Copies a frame. An assignment of arrays, which may fail, would take seconds to compile."""
    values, copied = frame.reshape(-1), to.reshape(-1)  # views: a frame lies in one piece
    for i in range(len(values)):
        copied[i] = values[i]


def render_env(mazes, textures, downsampling, envs, env, frames):
    """Renders the view of the player into `frames.now[env]`."""
    task = envs.task[env]
    render(
        mazes.walls[task],
        mazes.targets[task, target_index(mazes, envs, env)],
        mazes.texture_set[task],
        textures,
        downsampling,
        envs.state[env],
        np.empty((2, len(downsampling.rows_read)), np.int64),
        frames.now[env],
    )
