"""The twin's environments on a CPU as tensors, which share the memory of their arrays."""

import torch
from torch import Tensor

from ....core.types import EnvStep
from ...rules import MazeRules
from ...tasks import MazeSet
from .environments import CpuEnvironments


class CpuSimulator:
    """B environments in main memory; trusts what `TwinEnv` has checked.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
        kernel: See `mazes.twin.cpu.environments.CpuEnvironments`.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int, kernel: str):
        # As many threads as torch: OMP_NUM_THREADS=1, set by torchrun, keeps a process to one core.
        threads = torch.get_num_threads()
        self._envs = CpuEnvironments(mazes, rules, num_envs, kernel, threads)
        self._obs = torch.from_numpy(self._envs.arrays()["frames"])
        self._never = torch.zeros(num_envs, dtype=torch.bool)

    @property
    def poses(self) -> Tensor:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        return torch.from_numpy(self._envs.poses)

    def tensors(self) -> dict[str, Tensor]:
        """All state that changes from step to step, in the kernel's own memory."""
        arrays = self._envs.arrays()
        return {name: torch.from_numpy(x) for name, x in arrays.items()} | {"frames": self._obs}

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""
        self._envs.set_task(tasks.numpy(), mask.numpy())

    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""
        self._envs.reset(mask.numpy())
        return self._obs

    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""
        result = self._envs.step(action.numpy())
        return EnvStep(
            obs=self._obs,
            reward=torch.from_numpy(result.reward),
            terminated=torch.from_numpy(result.terminated),
            truncated=torch.from_numpy(result.truncated),
            crashed=self._never,
        )
