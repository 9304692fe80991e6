"""The twin as a `core.types.BatchedEnv`.

Agents train on the twin and are evaluated in the engine. `rl2 parity` compares the two. The
reference of the simulation are `mazes.dynamics`, `mazes.twin.raycast` and `mazes.twin.episode`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.registries.groups import ENGINES
from ...core.types import EnvStep
from ..checks import checked_actions, checked_mask, checked_tasks, require_open
from ..planning.privileged import PrivilegedFeatures
from ..rules import MazeRules
from ..spaces import maze_spaces
from ..tasks import MazeSet
from .state import require_state

DEVICES = ("auto", "cpu", "cuda")
KERNELS = {"cpu": ("numba", "reference"), "cuda": ("triton",)}


@ENGINES.register("twin")
@dataclass
class TwinSettings:
    """Settings of the twin.

    Attributes:
        device: `cpu`, `cuda`, or `auto` for CUDA if available.
        kernel: `numba` (CPU), `triton` (CUDA), `reference` (CPU, slow plain Python), or `auto` for
            the fast kernel of the device. A kernel that cannot run raises an error; there is no
            fallback.
    """

    title: ClassVar[str] = "twin"

    device: str = "auto"
    kernel: str = "auto"

    def __post_init__(self):
        kernels = ["auto", *(kernel for names in KERNELS.values() for kernel in names)]
        if self.device not in DEVICES:
            raise UserError(f"engine.device is {self.device!r}; it must be one of {list(DEVICES)}")
        if self.kernel not in kernels:
            raise UserError(f"engine.kernel is {self.kernel!r}; it must be one of {kernels}")

    def start(self, mazes: MazeSet, rules: MazeRules, num_envs: int) -> "TwinEnv":
        """Start a batch of `num_envs` environments on a set of mazes."""
        return TwinEnv(mazes, rules, num_envs, self)

    def resolve(self) -> tuple[str, str]:
        """Device and kernel on this machine.

        Raises:
            UserError: The device does not exist, or the kernel does not run on it.
        """
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise UserError(
                "engine.device is cuda, but torch finds no CUDA device; give engine.device=cpu"
            )
        kernel = KERNELS[device][0] if self.kernel == "auto" else self.kernel
        if kernel not in KERNELS[device]:
            raise UserError(
                f"engine.kernel is {kernel!r}, which does not run on device {device}; "
                f"it must be one of {list(KERNELS[device])}"
            )
        return device, kernel


class TwinEnv:
    """B maze environments in the twin. Tasks are indices into a set of mazes.

    Attributes:
        mazes: The set of mazes.
        rules: Rules of the episodes.
        spaces: Observations and actions.
        num_envs: B.
        device: Device of all tensors.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B.
        settings: Device and kernel.
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
        self._settings = TwinSettings(device=device, kernel=kernel)
        self._is_open = True
        self.mazes = mazes
        self.rules = rules
        self.num_envs = num_envs
        self.device = torch.device(device)
        self.spaces = maze_spaces(rules)
        self._features: PrivilegedFeatures | None = None  # computed on demand
        if device == "cuda":
            from .gpu.simulator import GpuSimulator

            self._simulator = GpuSimulator(mazes, rules, num_envs, self.device)
        else:
            from .cpu.simulator import CpuSimulator

            self._simulator = CpuSimulator(mazes, rules, num_envs, kernel)

    @property
    def poses(self) -> Tensor:
        """Poses of the players, [B, 3] float32: x, y [map units], angle [degrees]."""
        return self._simulator.poses

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives environment b the maze `tasks[b]` where `mask[b]`; the next reset is episode 0."""
        mask = checked_mask(mask, self.num_envs)
        self._simulator.set_task(checked_tasks(tasks, mask, len(self.mazes)), mask)

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of environment b where `mask[b]`.

        Returns:
            Observations of all environments, [B, H, W, 3] uint8; the next call overwrites them.
        """
        require_open(self._is_open)
        return self._simulator.reset(checked_mask(mask, self.num_envs))

    def step(self, action: Tensor) -> EnvStep:
        """Advances every running environment by one action, [B] int64."""
        require_open(self._is_open)
        return self._simulator.step(checked_actions(action, self.num_envs))

    def privileged(self) -> Tensor:
        """See `mazes.planning.privileged.PrivilegedFeatures`."""
        if self._features is None:
            self._features = PrivilegedFeatures(self.mazes, self.rules.horizon, self.device)
        now = self._simulator.tensors()
        return self._features(now["task"], now["episode"], self.poses, now["steps"])

    def training_reward(self) -> Tensor:
        """The reward itself. See `core.types.Privileged`."""
        return self._simulator.tensors()["reward"].clone()

    def state_dict(self) -> dict[str, Any]:
        """See `core.types.Resumable`."""
        return {name: field.clone() for name, field in self._simulator.tensors().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`.

        Raises:
            ValueError: It is no state of these environments.
        """
        tensors = self._simulator.tensors()
        require_state(state, tensors, self.mazes)
        for name, field in tensors.items():
            field.copy_(state[name])

    def close(self) -> None:
        """Ends the use of the environments; there is nothing to free."""
        self._is_open = False

    def __enter__(self) -> "TwinEnv":
        return self

    def __reduce__(self):
        """Pickle and copy the settings and the state; the kernels and their tables are rebuilt."""
        made_of = self.mazes, self.rules, self.num_envs, self._settings
        return TwinEnv, made_of, self.state_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.load_state_dict(state)

    def __exit__(self, *exception) -> None:
        self.close()
