"""The twin's fast kernel on a CPU: the reference compiled by numba, parallel over environments.

The functions of `geometry`, `collision`, `physics`, `raycast`, `episode` and `frame_cache` are
compiled as they stand (see `mazes.dynamics.numba_utils`), in about ten seconds the first time. This
file adds the loops over environments. Unlike the reference, it uses the frame cache.
"""

import inspect
from collections.abc import Callable

import numba

from ... import geometry
from ... import rules as maze_rules
from ... import textures as maze_textures
from ...dynamics import collision, physics
from ...dynamics.numba_utils import allow_calls, fingerprint
from .. import episode, raycast
from . import frame_cache

MAX_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore
COMPILED = (geometry, collision, physics, raycast, episode, frame_cache)


def _build(sources: str) -> tuple[Callable, Callable]:
    """Builds both kernels; numba keys its cache by their closure, which holds `sources`."""

    def begin_all(mazes, textures, downsampling, envs, mask, frames):
        len(sources)  # keeps it in the closure
        for env in numba.prange(len(mask)):
            if mask[env]:
                episode.begin(mazes, envs, env)
                frame_cache.update_frame(mazes, textures, downsampling, envs, env, frames)

    def advance_all(rules, mazes, textures, downsampling, envs, action, frames):
        len(sources)  # keeps it in the closure
        for env in numba.prange(len(action)):
            if episode.advance(rules, mazes, envs, env, action[env]):
                frame_cache.update_frame(mazes, textures, downsampling, envs, env, frames)

    compiled = numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")
    return compiled(inspect.unwrap(begin_all)), compiled(inspect.unwrap(advance_all))


def use_threads(number: int) -> None:
    """Splits environments among `number` threads, or as many as numba has."""
    numba.set_num_threads(min(number, MAX_THREADS))


allow_calls(*COMPILED)
# Modules of constants are fingerprinted too.
begin_all, advance_all = _build(fingerprint(*COMPILED, maze_rules, maze_textures))
