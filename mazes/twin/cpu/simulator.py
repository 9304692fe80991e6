"""The twin's environments on a CPU: numpy arrays that a kernel works on."""

import numpy as np
import torch
from torch import Tensor

from ....core.types import EnvStep
from ...dynamics.collision import ANGLE, ONE, X, Y
from ...dynamics.physics import CIRCLE
from ...rules import MazeRules
from ...tasks import MazeSet
from ..arrays import downsampling_table, maze_table, texture_table
from ..episode import NO_TASK, initial_state, kernel_rules
from .frame_cache import empty_frames


class CpuSimulator:
    """B environments in main memory; trusts what `TwinEnv` has checked.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
        kernel: `numba`, or `reference` for the plain Python that numba compiles, which renders
            every frame anew.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int, kernel: str):
        self._kernel = _kernel(kernel, num_envs)
        self._rules = kernel_rules(rules)
        self._mazes = maze_table(mazes)
        self._textures = texture_table()
        self._downsampling = downsampling_table(rules.obs_height, rules.obs_width)
        self._envs = initial_state(num_envs)
        self._frames = empty_frames(num_envs, rules.obs_height, rules.obs_width)
        self._obs = torch.from_numpy(self._frames.now)
        self._never = torch.zeros(num_envs, dtype=torch.bool)

    @property
    def poses(self) -> Tensor:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        unit = np.array([1 / ONE, 1 / ONE, 360 / CIRCLE])
        return torch.from_numpy((self._envs.state[:, [X, Y, ANGLE]] * unit).astype(np.float32))

    def tensors(self) -> dict[str, Tensor]:
        """All state that changes from step to step, in the kernel's own memory.

        Cached frames are left out: they equal what would be rendered.
        """
        fields = self._envs._asdict().items()
        return {**{name: torch.from_numpy(x) for name, x in fields}, "frames": self._obs}

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""
        np.copyto(self._envs.task, tasks.numpy(), where=mask.numpy())
        np.copyto(self._envs.episode, 0, where=mask.numpy())

    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""
        where = mask.numpy()
        if (where & (self._envs.task == NO_TASK)).any():
            raise RuntimeError("reset of an environment that has no task yet; call set_task first")
        tables = self._mazes, self._textures, self._downsampling
        self._kernel.begin_all(*tables, self._envs, where, self._frames)
        return self._obs

    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""
        envs = self._envs
        tables = self._mazes, self._textures, self._downsampling
        self._kernel.advance_all(self._rules, *tables, envs, action.numpy(), self._frames)
        return EnvStep(
            obs=self._obs,
            reward=torch.from_numpy(envs.reward.copy()),
            terminated=torch.from_numpy(envs.terminated.copy()),
            truncated=torch.from_numpy(envs.truncated.copy()),
            crashed=self._never,
        )


def _kernel(name: str, num_envs: int):
    """The loops over environments; imported late, since numba takes a second."""
    if name == "reference":
        from . import reference

        return reference
    from .kernel import kernels

    # As many threads as torch: OMP_NUM_THREADS=1, set by torchrun, keeps a process to one core.
    return kernels(num_envs, torch.get_num_threads())
