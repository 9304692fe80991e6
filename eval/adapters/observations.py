"""Inputs of an agent as gymnasium shows them, in numpy.

    image        [..., height, width, 3] uint8, in mazes
    state        [...] int64, in bandits and MDPs
    prev_action  [...] int64; the number of actions on a trial's first step, where there is none
    prev_reward  [..., 1] float32
    prev_done    [...] int64, 1 where the previous action ended an episode

The keys and values in mazes are those of `mazes.gym`, so that an agent trained there sees the same.
"""

import numpy as np

from ...core.types import Spaces, TimeStep

IMAGE, STATE = "image", "state"


def observations(timestep: TimeStep, spaces: Spaces) -> dict[str, np.ndarray]:
    """Observations of B environments, [B, ...] each."""
    first = timestep.is_first.cpu().numpy()
    obs = timestep.obs.cpu().numpy()
    action = timestep.prev_action.cpu().numpy()
    return {
        IMAGE if spaces.image_shape is not None else STATE: obs,
        "prev_action": np.where(first, spaces.num_actions, action),
        "prev_reward": timestep.prev_reward.cpu().numpy()[:, None],
        "prev_done": timestep.prev_done.cpu().numpy().astype(np.int64),
    }
