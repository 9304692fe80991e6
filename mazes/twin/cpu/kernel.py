"""The twin's fast kernels on a CPU: the reference compiled by numba, with one thread or several.

The functions of `geometry`, `collision`, `physics`, `raycast`, `episode` and `frame_cache` are
compiled as they stand (see `mazes.dynamics.numba_utils`), in about ten seconds the first time. This
file adds the loops over environments. Unlike the reference, it uses the frame cache.

Few environments have a kernel without threads. A step of theirs is shorter than waking a thread,
beside other jobs much shorter. Nor does numba's threading layer survive a fork, with which
gymnasium's `AsyncVectorEnv` starts its processes.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numba

from ... import geometry
from ... import rules as maze_rules
from ... import textures as maze_textures
from ...dynamics import collision, physics
from ...dynamics.numba_utils import allow_calls, fingerprint
from .. import episode, raycast
from . import frame_cache

MAX_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore
ENVS_FOR_THREADS = 32
COMPILED = (geometry, collision, physics, raycast, episode, frame_cache)


class Kernels(NamedTuple):
    """The loops over environments, with the arguments of `mazes.twin.cpu.reference`."""

    begin_all: Callable
    advance_all: Callable


def kernels(num_envs: int, num_threads: int | None = None) -> Kernels:
    """The kernels for a number of environments.

    Args:
        num_envs: Environments of a batch.
        num_threads: Most threads to split them among; numba may have fewer. None for as many as
            numba has.
    """
    num_threads = MAX_THREADS if num_threads is None else num_threads
    if num_envs < ENVS_FOR_THREADS or num_threads == 1:
        return _build(False)
    numba.set_num_threads(min(num_threads, MAX_THREADS))
    return _build(True)


@cache
def _build(parallel: bool) -> Kernels:
    allow_calls(*COMPILED)
    # Numba keys its cache by the closure, which holds this. Modules of constants count too.
    variant = f"{parallel} {fingerprint(*COMPILED, maze_rules, maze_textures)}"

    def begin_all(mazes, textures, downsampling, envs, mask, frames):
        len(variant)  # keeps it in the closure
        for env in numba.prange(len(mask)):
            if mask[env]:
                episode.begin(mazes, envs, env)
                frame_cache.update_frame(mazes, textures, downsampling, envs, env, frames)

    def advance_all(rules, mazes, textures, downsampling, envs, action, frames):
        len(variant)  # keeps it in the closure
        for env in numba.prange(len(action)):
            if episode.advance(rules, mazes, envs, env, action[env]):
                frame_cache.update_frame(mazes, textures, downsampling, envs, env, frames)

    compiled = numba.njit(parallel=parallel, nogil=True, cache=True, error_model="numpy")
    return Kernels(*(compiled(inspect.unwrap(loop)) for loop in (begin_all, advance_all)))
