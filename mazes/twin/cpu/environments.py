"""The twin's environments on a CPU: numpy arrays that a kernel works on.

Torch is not imported here: it takes twice as long as all else that `gymnasium.make` needs.
"""

from typing import NamedTuple

import numpy as np

from ...dynamics.collision import ANGLE, ONE, X, Y
from ...dynamics.physics import CIRCLE
from ...rules import MazeRules
from ...tasks import MazeSet
from ..arrays import downsampling_table, maze_table, texture_table
from ..episode import NO_TASK, initial_state, kernel_rules
from .frame_cache import empty_frames


class ArrayStep(NamedTuple):
    """Outcome of a step; see `core.types.EnvStep`."""

    obs: np.ndarray  # [B, H, W, 3] uint8; the next call overwrites it
    reward: np.ndarray  # [B] float32
    terminated: np.ndarray  # [B] bool
    truncated: np.ndarray  # [B] bool


class CpuEnvironments:
    """B environments in main memory; trusts what its callers have checked.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
        kernel: `numba`, or `reference` for the plain Python that numba compiles, which renders
            every frame anew.
        num_threads: Most threads of the kernel; None for as many as numba has.
    """

    def __init__(
        self,
        mazes: MazeSet,
        rules: MazeRules,
        num_envs: int,
        kernel: str = "numba",
        num_threads: int | None = None,
    ):
        self._kernel = _kernel(kernel, num_envs, num_threads)
        self._rules = kernel_rules(rules)
        self._mazes = maze_table(mazes)
        self._textures = texture_table()
        self._downsampling = downsampling_table(rules.obs_height, rules.obs_width)
        self._envs = initial_state(num_envs)
        self._frames = empty_frames(num_envs, rules.obs_height, rules.obs_width)

    @property
    def poses(self) -> np.ndarray:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        unit = np.array([1 / ONE, 1 / ONE, 360 / CIRCLE])
        return (self._envs.state[:, [X, Y, ANGLE]] * unit).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """All state that changes from step to step, in the kernel's own memory.

        Cached frames are left out: they equal what would be rendered.
        """
        return {**self._envs._asdict(), "frames": self._frames.now}

    def set_task(self, tasks: np.ndarray, mask: np.ndarray) -> None:
        """Give environment b the maze `tasks[b]` where `mask[b]`; the next reset is episode 0."""
        np.copyto(self._envs.task, tasks, where=mask)
        np.copyto(self._envs.episode, 0, where=mask)

    def reset(self, mask: np.ndarray) -> np.ndarray:
        """Begin the next episode of environment b where `mask[b]`; returns all observations."""
        if (mask & (self._envs.task == NO_TASK)).any():
            raise RuntimeError("reset of an environment that has no task yet; call set_task first")
        tables = self._mazes, self._textures, self._downsampling
        self._kernel.begin_all(*tables, self._envs, mask, self._frames)
        return self._frames.now

    def step(self, action: np.ndarray) -> ArrayStep:
        """Advance every running environment by one action, [B] int64."""
        envs = self._envs
        tables = self._mazes, self._textures, self._downsampling
        self._kernel.advance_all(self._rules, *tables, envs, action, self._frames)
        return ArrayStep(
            obs=self._frames.now,
            reward=envs.reward.copy(),
            terminated=envs.terminated.copy(),
            truncated=envs.truncated.copy(),
        )


def _kernel(name: str, num_envs: int, num_threads: int | None):
    """The loops over environments; imported late, since numba takes half a second."""
    if name == "reference":
        from . import reference

        return reference
    from .kernel import kernels

    return kernels(num_envs, num_threads)
