"""The copies of a twin on the CPU: numpy arrays that a kernel works on."""

import importlib

import numpy as np
import torch
from torch import Tensor

from ....core.errors import UserError
from ....core.types import EnvStep
from ...dynamics.collision import ANGLE, ONE, X, Y
from ...dynamics.physics import CIRCLE
from ...rules import ACTION_NAMES, MazeRules
from ...tasks import MazeSet
from ..arrays import looks_table, maze_table, reduction_table
from ..episode import NO_TASK, game_of, waiting_copies
from .frame_cache import no_pictures


class CopiesOnCpu:
    """B copies in main memory.

    Args:
        mazes: What tasks are indices into.
        rules: Of the game.
        num_envs: B.
        kernel: `numba`, or `reference` for the plain Python that numba compiles, which draws every
            picture anew.
    """

    def __init__(self, mazes: MazeSet, rules: MazeRules, num_envs: int, kernel: str):
        self._kernel = _kernel(kernel)
        self._game = game_of(rules)
        self._mazes = maze_table(mazes)
        self._looks = looks_table()
        self._reduction = reduction_table(rules.obs_height, rules.obs_width)
        self._copies = waiting_copies(num_envs)
        self._pictures = no_pictures(num_envs, rules.obs_height, rules.obs_width)
        self._obs = torch.from_numpy(self._pictures.now)
        self._lost = torch.zeros(num_envs, dtype=torch.bool)

    @property
    def poses(self) -> Tensor:
        """[B, 3] float32: x, y [map units], angle [degrees]."""
        unit = np.array([1 / ONE, 1 / ONE, 360 / CIRCLE])
        return torch.from_numpy((self._copies.state[:, [X, Y, ANGLE]] * unit).astype(np.float32))

    def tensors(self) -> dict[str, Tensor]:
        """All that changes from step to step, as the kernel's own memory.

        But for the pictures that are kept: those are what would be drawn.
        """
        fields = self._copies._asdict().items()
        return {**{name: torch.from_numpy(x) for name, x in fields}, "pictures": self._obs}

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """See `core.types.BatchedEnv`."""
        chosen, where = tasks.numpy(), mask.numpy()
        num_mazes = len(self._mazes.target)
        wrong = where & ((chosen < 0) | (chosen >= num_mazes))
        if wrong.any():
            raise IndexError(f"task {chosen[wrong][0]} is none of the mazes 0 .. {num_mazes - 1}")
        np.copyto(self._copies.task, chosen, where=where)
        np.copyto(self._copies.episode, 0, where=where)

    def reset(self, mask: Tensor) -> Tensor:
        """See `core.types.BatchedEnv`."""
        where = mask.numpy()
        if (where & (self._copies.task == NO_TASK)).any():
            raise RuntimeError("reset of a copy that has no task yet; call set_task first")
        self._kernel.begin_all(
            self._mazes, self._looks, self._reduction, self._copies, where, self._pictures
        )
        return self._obs

    def step(self, action: Tensor) -> EnvStep:
        """See `core.types.BatchedEnv`."""
        actions = action.numpy()
        if not ((actions >= 0) & (actions < len(ACTION_NAMES))).all():
            raise ValueError(f"actions must lie in 0 .. {len(ACTION_NAMES) - 1}")
        copies = self._copies
        self._kernel.advance_all(
            self._game, self._mazes, self._looks, self._reduction, copies, actions, self._pictures
        )
        return EnvStep(
            obs=self._obs,
            reward=torch.from_numpy(copies.reward.copy()),
            terminated=torch.from_numpy(copies.terminated.copy()),
            truncated=torch.from_numpy(copies.truncated.copy()),
            crashed=self._lost,
        )


def _kernel(name: str):
    """The module with a kernel's two functions; numba takes a second to import, so not earlier."""
    if name == "reference":
        return importlib.import_module("rl2_mazes.mazes.twin.cpu.reference")
    try:
        kernel = importlib.import_module("rl2_mazes.mazes.twin.cpu.kernel")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("numba", "llvmlite"):
            raise
        raise UserError(
            "the twin's CPU kernel needs numba, which is not installed: pip install numba, "
            "or choose engine=doom"
        ) from error
    # As many as torch, so that OMP_NUM_THREADS=1, as torchrun has it, keeps a process to one core.
    kernel.use_threads(torch.get_num_threads())
    return kernel
