"""What environments without pictures share: all they are is a few tensors on one device.

They change in place, so that a step can be recorded and replayed on a GPU.
"""

from typing import Any

import torch


class TabularEnv:
    """B copies of something small; a base class.

    Attributes:
        STATE: Names of the tensors that `step` and `set_task` change.
        rng: Of the environment's own chances.

    Args:
        num_envs: B.
        device: Where everything lives.
        seed: Of `rng`.
    """

    STATE: tuple[str, ...] = ()

    def __init__(self, num_envs: int, device: torch.device | str = "cpu", seed: int = 0):
        self.num_envs = num_envs
        self.device = torch.device(device)
        self.rng = torch.Generator(device=self.device).manual_seed(seed)

    def state_dict(self) -> dict[str, Any]:
        """See `core.types.Resumable`."""
        tensors = {name: getattr(self, name).clone() for name in self.STATE}
        return {"rng": self.rng.get_state(), **tensors}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `core.types.Resumable`."""
        self.rng.set_state(state["rng"])
        for name in self.STATE:
            getattr(self, name).copy_(state[name])

    def close(self) -> None:
        """Holds nothing that needs freeing."""
