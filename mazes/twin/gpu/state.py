"""The copies of a twin on a GPU: tensors that never leave it, a launch for each step or reset.

Nothing here asks the device for a value, so nothing waits for it. Tasks and actions are therefore
not checked.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....core.kernels import import_kernels
from ....core.types import EnvStep
from ...dynamics.collision import ANGLE, ONE, X, Y
from ...dynamics.physics import CIRCLE, SINE
from ...rules import TICS_PER_STEP, MazeRules
from ...tasks import MazeSet
from ..arrays import looks_table, maze_table, reduction_table
from ..episode import waiting_copies


class CopiesOnGpu:
    """B copies in a device's memory.

    Args:
        mazes: What tasks are indices into.
        rules: Of the game.
        num_envs: B.
        device: A CUDA device; under TRITON_INTERPRET=1, for tests, the CPU.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int, device: torch.device):
        self._kernel: Any = import_kernels("rl2_mazes.mazes.twin.gpu.kernel")
        self._device = device
        self._programs = (num_envs,)
        self._mazes = self._upload(maze_table(mazes))
        self._looks = self._upload(looks_table())
        self._reduction = self._upload(reduction_table(rules.obs_height, rules.obs_width))
        self._copies = self._upload(waiting_copies(num_envs))
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
        self._pictures = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._lost = torch.zeros(num_envs, dtype=torch.bool, device=device)

    @property
    def poses(self) -> Tensor:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        return (self._copies.state.index_select(1, self._pose) * self._pose_unit).float()

    def tensors(self) -> dict[str, Tensor]:
        """All that changes from step to step, as the kernel's own memory."""
        return {**self._copies._asdict(), "pictures": self._pictures}

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""
        self._copies.task.copy_(torch.where(mask, tasks, self._copies.task))
        self._copies.episode.masked_fill_(mask, 0)

    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""
        copies, mazes = self._copies, self._mazes
        self._kernel.begin[self._programs](
            mask, copies.state, copies.task, copies.episode, copies.steps, copies.running,
            self._pictures, mazes.walls, *mazes.walls.shape[1:], mazes.target, mazes.starts,
            mazes.num_starts, mazes.starts.shape[1], mazes.texture_set, *self._picture_arguments(),
            columns=self._columns, enable_fp_fusion=False,
        )  # fmt: skip
        return self._pictures

    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""
        copies, mazes = self._copies, self._mazes
        self._kernel.advance[self._programs](
            action, copies.state, copies.task, copies.steps, copies.running, copies.reward,
            copies.terminated, copies.truncated, self._rewards, self._pictures,
            mazes.walls, *mazes.walls.shape[1:], mazes.target, mazes.origin, mazes.texture_set,
            *self._picture_arguments(), self._horizon, walk=self._walk, columns=self._columns,
            enable_fp_fusion=False,
        )  # fmt: skip
        return EnvStep(
            obs=self._pictures,
            reward=copies.reward.clone(),
            terminated=copies.terminated.clone(),
            truncated=copies.truncated.clone(),
            crashed=self._lost,
        )

    def _picture_arguments(self) -> tuple:
        """What both kernels' last arguments are: sines, textures, reduction, size."""
        looks = self._looks
        return (
            self._sine, looks.wall, *looks.wall.shape, looks.flat, looks.packed_palette,
            *self._reduction, *self._size,
        )  # fmt: skip

    def _upload(self, table):
        """The same named tuple of tensors on the device."""
        return type(table)(*(torch.from_numpy(field).to(self._device) for field in table))


def _reward_table(rules: MazeRules) -> np.ndarray:
    """[2, bumps] float32: the reward by whether the target is touched and how many bumps."""
    bumps = np.arange(TICS_PER_STEP + 1)
    missed = rules.step_penalty + bumps * rules.wall_penalty
    return np.array([missed, missed + rules.target_reward], np.float32)
