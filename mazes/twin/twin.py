"""The twin: the engine's mazes simulated in batches, as a `core.types.BatchedEnv`.

Agents train on it and are judged in the engine. `rl2 parity` measures how alike the two
are; `mazes.dynamics.collision`, `mazes.dynamics.physics`, `mazes.twin.raycast` and `mazes.twin.episode` say what is
simulated and how.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.registries import ENGINES
from ...core.types import EnvStep, Spaces
from ..planning.privileged import NUM_PRIVILEGED, PrivilegedFeatures
from ..rules import ACTION_NAMES, MazeRules
from ..tasks import MazeSet

DEVICES = ("auto", "cpu", "cuda")
KERNELS = {"cpu": ("numba", "reference"), "cuda": ("triton",)}


@ENGINES.register("twin")
@dataclass
class TwinSettings:
    """Settings of the twin.

    Attributes:
        device: Where it runs: `cpu`, `cuda`, or `auto` for CUDA if there is any.
        kernel: `numba` (CPU), `triton` (CUDA), `reference` (CPU, slow plain Python), or `auto` for
            the device's fast one. A kernel that cannot run is an error: nothing else takes over.
    """

    device: str = "auto"
    kernel: str = "auto"

    def __post_init__(self):
        kernels = ["auto", *(kernel for names in KERNELS.values() for kernel in names)]
        if self.device not in DEVICES:
            raise UserError(f"device is {self.device!r}; it must be one of {list(DEVICES)}")
        if self.kernel not in kernels:
            raise UserError(f"kernel is {self.kernel!r}; it must be one of {kernels}")

    def resolve(self) -> tuple[str, str]:
        """The device and the kernel to use on this machine."""
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise UserError("device is cuda, but torch finds no CUDA device; set device=cpu")
        kernel = KERNELS[device][0] if self.kernel == "auto" else self.kernel
        if kernel not in KERNELS[device]:
            raise UserError(
                f"kernel is {kernel!r}, which does not run on device {device}; "
                f"it must be one of {list(KERNELS[device])}"
            )
        return device, kernel


class TwinEnv:
    """B copies of the maze game in the twin. Tasks are indices into a set of mazes.

    Attributes:
        mazes: The set.
        rules: Of the game.
        spaces: Of observations and actions.
        num_envs: B.
        device: Where its tensors are.

    Args:
        mazes: The mazes that tasks are indices into.
        rules: Of the game.
        num_envs: B.
        settings: Where and how it runs.
    """

    def __init__(
        self,
        mazes: MazeSet,
        rules: MazeRules,
        num_envs: int,
        settings: TwinSettings | None = None,
    ):
        if num_envs < 1:
            raise UserError(f"num_envs is {num_envs}; it must be at least 1")
        device, kernel = (settings or TwinSettings()).resolve()
        self.mazes = mazes
        self.rules = rules
        self.num_envs = num_envs
        self.device = torch.device(device)
        image_shape = (rules.obs_height, rules.obs_width, 3)
        self.spaces = Spaces(len(ACTION_NAMES), image_shape, num_privileged=NUM_PRIVILEGED)
        self._features: PrivilegedFeatures | None = None  # made where it is asked for
        if device == "cuda":
            from .gpu.state import CopiesOnGpu

            self._copies = CopiesOnGpu(mazes, rules, num_envs, self.device)
        else:
            from .cpu.state import CopiesOnCpu

            self._copies = CopiesOnCpu(mazes, rules, num_envs, kernel)

    @property
    def poses(self) -> Tensor:
        """Where each copy's player stands, [B, 3] float32: x, y [map units], angle [degrees]."""
        return self._copies.poses

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives copy b the maze `tasks[b]` where `mask[b]`; its next reset begins episode 0."""
        self._copies.set_task(tasks, mask)

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of copy b where `mask[b]`.

        Returns:
            The observation of all copies, [B, H, W, 3] uint8; a view that the next call changes.
        """
        return self._copies.reset(mask)

    def step(self, action: Tensor) -> EnvStep:
        """Advances every copy that is in an episode by one action, [B] int64."""
        return self._copies.step(action)

    def privileged(self) -> Tensor:
        """The way to the target, see `mazes.planning.privileged.PrivilegedFeatures`."""
        if self._features is None:
            self._features = PrivilegedFeatures(self.mazes, self.rules.horizon, self.device)
        now = self._copies.tensors()
        return self._features(now["task"], now["episode"], self.poses, now["steps"])

    def training_reward(self) -> Tensor:
        """The reward itself. See `core.types.Privileged`."""
        return self._copies.tensors()["reward"].clone()

    def state_dict(self) -> dict[str, Any]:
        """See `core.types.Resumable`."""
        return {name: field.clone() for name, field in self._copies.tensors().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`."""
        for name, field in self._copies.tensors().items():
            field.copy_(state[name])

    def close(self) -> None:
        """Nothing to free; here because environments have it."""

    def __enter__(self) -> "TwinEnv":
        return self

    def __exit__(self, *exception) -> None:
        self.close()
