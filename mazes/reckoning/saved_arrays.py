"""State in named arrays that is saved and restored as a whole."""

import numpy as np
import torch
from torch import Tensor


class SavedArrays:
    """State of a reckoner over rollouts. A subclass sets `_arrays`, by name: all of its state."""

    _arrays: dict[str, np.ndarray]

    def state_dict(self) -> dict[str, Tensor]:
        """All that the next rollout's figures depend on: a copy of each array, of its shape."""
        return {name: torch.from_numpy(array.copy()) for name, array in self._arrays.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a `state_dict` of the same settings.

        Raises:
            KeyError: An array is missing.
            ValueError: An array is of another shape.
        """
        for name, array in self._arrays.items():
            array[...] = state[name].numpy()
