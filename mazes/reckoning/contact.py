"""A step of walking in which a wall stopped the player, without the map.

All walls run along the cells' sides, and a player is a box: it can meet a wall only where its
centre is a radius short of such a side, on one of the *planes* of either axis. The number of tics
in contact is known from the reward. Which plane was met is inferred:

- the plane that the player touched in the step before, if it still pushes against it; otherwise the
  one that it reaches first;
- pushing forward, contact lasts: it is that of the last tics of the step, or of the first ones if
  the player was in contact before;
- after a turn nothing pushes, so contact is in the tic in which the player reaches the plane.

Meeting a plane also corrects the position, which is then on it. Then the player slides, as in
`mazes.dynamics.collision.slide`. A corner that stops it and an opening that it slides past look
alike: it is taken to slide past.
"""

from typing import NamedTuple

import numpy as np

from ..dynamics.collision import CLEARANCE as CLEARANCE_FIXED
from ..dynamics.collision import ONE
from ..dynamics.physics import FRICTION, STOP_SPEED
from ..rules import CELL_SIZE, PLAYER_RADIUS, TICS_PER_STEP

PLANE = CELL_SIZE / 2 - PLAYER_RADIUS  # from the centre of a cell, map units
CLEARANCE = CLEARANCE_FIXED / ONE  # share of a move by which it stops short of a wall
OVERSHOOT = 0.1  # map units beyond a plane at which the player is still taken to be before it
FARTHEST = 24.0  # map units from a plane up to which a contact corrects the position
DECAY = FRICTION / ONE  # of the velocity, in a tic
STOP = STOP_SPEED / ONE  # map units a tic, below which a player that does not walk stops
FIRST = 1e6  # tics by which a plane that was touched before comes first


class Motion(NamedTuple):
    """State of B players, changed in place."""

    position: np.ndarray  # [2, B] map units from the centre of a cell
    velocity: np.ndarray  # [2, B] map units a tic
    touching: np.ndarray  # [2, B] side of the wall in contact on each axis, -1 or 1; 0 for none


def step_in_contact(motion: Motion, thrust: np.ndarray, contacts: np.ndarray) -> None:
    """Take a step of four tics.

    Args:
        motion: Changed in place.
        thrust: [2, B] speed gained in each tic, map units a tic; 0 after a turn.
        contacts: [B] tics of the step in which a wall stopped the player, at least 1.
    """
    position, velocity, touching = motion
    pushes = thrust.any(0)
    left = contacts.copy()
    for tic in range(TICS_PER_STEP):
        velocity += thrust
        side = np.sign(velocity)
        speed = np.abs(velocity)
        gap = (PLANE + OVERSHOOT - position * side) % CELL_SIZE - OVERSHOOT
        touches = (touching == side) & (side != 0)
        due = gap / np.maximum(speed, 1e-9) - FIRST * touches  # in tics
        axis = (due[1] < due[0]).astype(np.int64)
        due = due.min(0)
        met = np.where(pushes, due < 0, due < 1) | (left >= TICS_PER_STEP - tic)
        met &= (left > 0) & side.any(0)
        left -= met
        touching[(velocity != 0) & (touching != side)] = 0
        touching[touches & ~met] = 0
        free = ~met
        position[:, free] += velocity[:, free]
        if met.any():
            at = np.flatnonzero(met)
            _slide(motion, axis[at], at, gap, side)
        still = ~pushes & (np.abs(velocity) < STOP).all(0)
        velocity *= DECAY
        velocity[:, still] = 0


def _slide(
    motion: Motion, axis: np.ndarray, at: np.ndarray, gap: np.ndarray, side: np.ndarray
) -> None:
    """Move players `at` up to the plane across `axis`, then along it with the rest of the move."""
    position, velocity, touching = motion
    along = 1 - axis
    gap, side = gap[axis, at], side[axis, at]
    speed, slip = np.abs(velocity[axis, at]), velocity[along, at]
    share = np.clip(gap / np.maximum(speed, 1e-9), 0, 1)  # of the move, up to the wall
    advance = np.maximum(share - CLEARANCE, 0)
    reached = np.where(gap < FARTHEST, gap, speed)  # the reckoned position was wrong
    position[axis, at] += side * np.where((gap > 0) & (gap < speed), speed * advance, reached)
    blocked = touching[along, at] == np.sign(slip)  # a corner
    rest = np.where(blocked, 0, slip * (1 - share))
    position[along, at] += np.where(blocked, 0, slip * advance) + rest
    velocity[axis, at] = 0
    velocity[along, at] = rest
    touching[axis, at] = side
