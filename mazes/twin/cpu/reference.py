"""The reference in plain Python, one environment after the other: slow, for tests."""

import numpy as np

from ..episode import advance, begin
from .frame_cache import render_env


def begin_all(mazes, textures, downsampling, envs, mask, frames):
    """Begins the next episode of the environments in `mask` [B] and renders their views."""
    for env in np.flatnonzero(mask):
        begin(mazes, envs, env)
        render_env(mazes, textures, downsampling, envs, env, frames)


def advance_all(rules, mazes, textures, downsampling, envs, action, frames):
    """Takes one step, `action` [B], of every running environment and renders its view."""
    for env in range(len(action)):
        if advance(rules, mazes, envs, env, action[env]):
            render_env(mazes, textures, downsampling, envs, env, frames)
