"""Simulators of mazes in numpy, without torch where it is not needed."""

import os
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...core.errors import UserError
from ..rules import MazeRules
from ..tasks import MazeSet
from ..twin.cpu.environments import CpuEnvironments

ENGINES = ("twin", "doom")


class Step(NamedTuple):
    """Outcome of a step of B environments."""

    obs: np.ndarray  # [B, H, W, 3] uint8; the next call overwrites it
    reward: np.ndarray  # [B] float32
    terminated: np.ndarray  # [B] bool
    truncated: np.ndarray  # [B] bool
    crashed: np.ndarray  # [B] bool


class Simulator(Protocol):
    """B maze environments, as `core.types.BatchedEnv` but for the arrays."""

    @property
    def poses(self) -> np.ndarray:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        ...

    def begin(self, tasks: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Give environment b the maze `tasks[b]` where `mask[b]`, and begin its first episode."""
        ...

    def reset(self, mask: np.ndarray) -> np.ndarray:
        """Begin the next episode of environment b where `mask[b]`; returns all observations."""
        ...

    def step(self, action: np.ndarray) -> Step:
        """Advance every running environment by one action, [B] int64."""
        ...

    def close(self) -> None:
        """End the simulator."""
        ...


def simulator(
    engine: str, device: str, mazes: MazeSet, rules: MazeRules, num_envs: int
) -> Simulator:
    """The simulator of an engine on a device.

    Raises:
        UserError: There is no such engine or device, or no environment was asked for.
    """
    if engine not in ENGINES:
        raise UserError(f"engine is {engine!r}; it must be one of {ENGINES}")
    if engine == "twin" and device == "cpu" and num_envs >= 1:
        return TwinOnCpu(mazes, rules, num_envs)
    return OfTensors(_of_tensors(engine, device, mazes, rules, num_envs))


class TwinOnCpu:
    """The twin on a CPU; can be copied and pickled.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int):
        self._made_of = mazes, rules, num_envs
        # As torch would have it: OMP_NUM_THREADS=1 keeps a process to one core.
        threads = os.environ.get("OMP_NUM_THREADS", "")
        most = int(threads) or None if threads.isdecimal() else None
        self._envs = CpuEnvironments(mazes, rules, num_envs, num_threads=most)
        self._never = np.zeros(num_envs, bool)

    @property
    def poses(self) -> np.ndarray:
        """See `Simulator`."""
        return self._envs.poses

    def begin(self, tasks: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See `Simulator`."""
        self._envs.set_task(tasks, mask)
        return self._envs.reset(mask)

    def reset(self, mask: np.ndarray) -> np.ndarray:
        """See `Simulator`."""
        return self._envs.reset(mask)

    def step(self, action: np.ndarray) -> Step:
        """See `Simulator`."""
        return Step(*self._envs.step(action), crashed=self._never)

    def close(self) -> None:
        """There is nothing to free."""

    def __reduce__(self):
        state = {name: array.copy() for name, array in self._envs.arrays().items()}
        return TwinOnCpu, self._made_of, state  # kernels and their tables are rebuilt

    def __setstate__(self, state: dict[str, np.ndarray]) -> None:
        for name, array in self._envs.arrays().items():
            array[...] = state[name]


class OfTensors:
    """An environment of tensors, such as the engine or the twin on a GPU.

    Args:
        env: A `core.types.BatchedEnv` of mazes.
    """

    def __init__(self, env: Any):
        self._env = env

    @property
    def poses(self) -> np.ndarray:
        """See `Simulator`."""
        return self._env.poses.cpu().numpy()

    def begin(self, tasks: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See `Simulator`."""
        self._env.set_task(self._tensor(tasks), self._tensor(mask))
        return self.reset(mask)

    def reset(self, mask: np.ndarray) -> np.ndarray:
        """See `Simulator`."""
        return self._env.reset(self._tensor(mask)).cpu().numpy()

    def step(self, action: np.ndarray) -> Step:
        """See `Simulator`."""
        result = self._env.step(self._tensor(action))
        fields = (getattr(result, name) for name in Step._fields)
        return Step(*(field.cpu().numpy() for field in fields))

    def close(self) -> None:
        """See `Simulator`."""
        self._env.close()

    def _tensor(self, array: np.ndarray) -> Any:
        import torch

        return torch.from_numpy(array).to(self._env.device)


def _of_tensors(engine: str, device: str, mazes: MazeSet, rules: MazeRules, num_envs: int) -> Any:
    if engine == "doom":
        from ..doom.pool import DoomPool

        return DoomPool(mazes, rules, num_envs)
    from ..twin.twin import TwinEnv, TwinSettings

    return TwinEnv(mazes, rules, num_envs, TwinSettings(device=device))
