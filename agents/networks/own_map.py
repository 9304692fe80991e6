"""An RL² agent's own map: path integration as an input of its memory, not as a label.

An agent of Duan et al. (2016) has to learn from pixels where it is. Its actions and rewards tell
that as well (`mazes.reckoning`), and simulators such as Habitat give it as an observation.
"""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.shapes import Float, UInt8
from ...core.types import Odometry, Spaces, TimeStep
from ...mazes.reckoning.egocentric import EgocentricMap

REACH = 12  # cells from the start: mazes of 7x7 rooms lie within
MOST = 2 * REACH  # cells to each side: from one margin a view shows the other


def odometry_for(spaces: Spaces, radius: int) -> Odometry:
    """Odometry for a map whose views reach `radius` cells to each side; errors as of `OwnMap`."""
    if spaces.odometry is None:
        raise UserError(
            f"agent.map_radius is {radius}, but the suite's rewards tell no walls and targets; "
            "take a suite of mazes with suite.rules.wall_penalty and target_reward, or agent=rl2, "
            "which has no map"
        )
    if radius > MOST:
        raise UserError(f"agent.map_radius is {radius}; it must be at most {MOST}")
    return spaces.odometry


class OwnMap:
    """Maps of B agents on tensors; the computation is on the CPU.

    Attributes:
        carry_size: Floats of a map in the agent's carry.
        num_features: V, size of a view.

    Args:
        spaces: Of a suite of mazes.
        radius: Cells that a view reaches to each side.

    Raises:
        UserError: The rewards of the suite do not tell walls and targets; or the radius is above
            `MOST`.
    """

    def __init__(self, spaces: Spaces, radius: int):
        self._map = EgocentricMap(odometry_for(spaces, radius), radius, REACH)
        self.carry_size = self._map.carry_size
        self.num_features = self._map.num_features

    def step(
        self, carry: Float[Tensor, "batch carry"], timestep: TimeStep
    ) -> tuple[UInt8[Tensor, "batch view"], Float[Tensor, "batch carry"]]:
        """Views at a time step, and the carry after it; see `EgocentricMap.step`."""
        outcomes = (field.cpu().numpy() for field in timestep[1:])
        view, after = self._map.step(carry.cpu().numpy(), *outcomes)
        return torch.from_numpy(view).to(carry.device), torch.from_numpy(after).to(carry.device)

    def unroll(
        self, carry: Float[Tensor, "batch carry"], timesteps: TimeStep
    ) -> UInt8[Tensor, "time batch view"]:
        """Views of a rollout, fields [T, B]; `carry` is that before it."""
        now, views = carry.cpu().numpy(), []
        for outcomes in zip(*(field.cpu().numpy() for field in timesteps[1:]), strict=True):
            view, now = self._map.step(now, *outcomes)
            views.append(view)
        return torch.from_numpy(np.stack(views)).to(carry.device)
