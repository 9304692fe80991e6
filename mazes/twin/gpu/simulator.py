"""The twin's environments on a GPU: tensors that stay there, one launch per step or reset.

Nothing here reads a value from the device, so nothing waits for it. The values of tasks and actions
are therefore not checked.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....core.imports.kernels import import_kernels
from ....core.types import EnvStep
from ...dynamics.collision import ANGLE, ONE, X, Y
from ...dynamics.physics import CIRCLE, SINE
from ...rules import TICS_PER_STEP, MazeRules
from ...tasks import MazeSet
from ..arrays import downsampling_table, maze_table, texture_table
from ..episode import initial_state


class GpuSimulator:
    """B environments in the memory of a device.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
        device: A CUDA device; under TRITON_INTERPRET=1, for tests, the CPU.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int, device: torch.device):
        self._kernel: Any = import_kernels("rl2_mazes.mazes.twin.gpu.kernel")
        self._device = device
        self._programs = (num_envs,)
        self._mazes = self._upload(maze_table(mazes))
        self._textures = self._upload(texture_table())
        self._downsampling = self._upload(downsampling_table(rules.obs_height, rules.obs_width))
        self._envs = self._upload(initial_state(num_envs))
        self._sine = torch.from_numpy(SINE).to(device)
        self._rewards = torch.from_numpy(_reward_table(rules)).to(device)
        self._pose = torch.tensor([X, Y, ANGLE], device=device)
        units = [1 / ONE, 1 / ONE, 360 / CIRCLE]
        self._pose_unit = torch.tensor(units, dtype=torch.float64, device=device)
        self._horizon = rules.horizon
        self._walk = rules.movement == "walk"
        self._size = (rules.obs_height, rules.obs_width)
        self._columns = 1 << (rules.obs_width - 1).bit_length()
        shape = (num_envs, *self._size, 3)
        self._frames = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._never = torch.zeros(num_envs, dtype=torch.bool, device=device)

    @property
    def poses(self) -> Tensor:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        return (self._envs.state.index_select(1, self._pose) * self._pose_unit).float()

    def tensors(self) -> dict[str, Tensor]:
        """All state that changes from step to step, in the kernel's own memory."""
        return {**self._envs._asdict(), "frames": self._frames}

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""
        self._envs.task.copy_(torch.where(mask, tasks, self._envs.task))
        self._envs.episode.masked_fill_(mask, 0)

    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""
        envs, mazes = self._envs, self._mazes
        self._kernel.begin[self._programs](
            mask, envs.state, envs.task, envs.episode, envs.steps, envs.running,
            self._frames, mazes.walls, *mazes.walls.shape[1:], *self._targets(), mazes.starts,
            mazes.num_starts, mazes.starts.shape[1], mazes.texture_set, *self._render_arguments(),
            columns=self._columns, enable_fp_fusion=False,
        )  # fmt: skip
        return self._frames

    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""
        envs, mazes = self._envs, self._mazes
        self._kernel.advance[self._programs](
            action, envs.state, envs.task, envs.episode, envs.steps, envs.running, envs.reward,
            envs.terminated, envs.truncated, self._rewards, self._frames,
            mazes.walls, *mazes.walls.shape[1:], *self._targets(), mazes.origin, mazes.texture_set,
            *self._render_arguments(), self._horizon, walk=self._walk, columns=self._columns,
            enable_fp_fusion=False,
        )  # fmt: skip
        return EnvStep(
            obs=self._frames,
            reward=envs.reward.clone(),
            terminated=envs.terminated.clone(),
            truncated=envs.truncated.clone(),
            crashed=self._never,
        )

    def _targets(self) -> tuple[Tensor, Tensor, int]:
        """Arguments of both kernels: targets, their numbers and the largest of these."""
        mazes = self._mazes
        return mazes.targets, mazes.num_targets, mazes.targets.shape[1]

    def _render_arguments(self) -> tuple:
        """Last arguments of both kernels: sine table, textures, downsampling, image size."""
        textures = self._textures
        return (
            self._sine, textures.wall, *textures.wall.shape, textures.flat, textures.packed_palette,
            *self._downsampling, *self._size,
        )  # fmt: skip

    def _upload(self, table):
        """A named tuple of arrays as tensors on the device."""
        return type(table)(*(torch.from_numpy(field).to(self._device) for field in table))


def _reward_table(rules: MazeRules) -> np.ndarray:
    """Reward by whether the target is touched and by the number of bumps, [2, 5] float32."""
    bumps = np.arange(TICS_PER_STEP + 1)
    missed = rules.step_penalty + bumps * rules.wall_penalty
    return np.array([missed, missed + rules.target_reward], np.float32)
