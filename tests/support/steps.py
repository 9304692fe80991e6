"""Random time steps of the paper's suites."""

import torch

from rl2_mazes.core.types import Spaces, TimeStep

MAZES = Spaces(num_actions=3, image_shape=(30, 40, 3))
MDPS = Spaces(num_actions=5, num_states=10)


def some_steps(spaces, time, batch):
    rng = torch.Generator().manual_seed(0)
    if spaces.image_shape:
        obs = torch.randint(256, (time, batch, *spaces.image_shape), generator=rng).byte()
    else:
        obs = torch.randint(spaces.num_states, (time, batch), generator=rng)
    return TimeStep(
        obs,
        torch.randint(spaces.num_actions, (time, batch), generator=rng),
        torch.randn(time, batch, generator=rng),
        torch.rand(time, batch, generator=rng) < 0.2,
        torch.rand(time, batch, generator=rng) < 0.2,
    )
