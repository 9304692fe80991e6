"""Dead reckoning in walking: Doom's motion, integrated on the agent's own actions.

Where no wall is met the motion is that of `mazes.dynamics.physics`, up to rounding. Of a step with
contacts the reward tells the number of tics in which a wall stopped the player, and not which wall:
see `mazes.reckoning.contact`. Every episode begins at rest, in the centre of a cell and along the
grid of cells, so that drift does not outlive an episode.
"""

import numpy as np

from ..dynamics.collision import ONE
from ..dynamics.physics import CIRCLE, FAST_TURN, SLOW_TURN, SLOW_TURN_TICS, THRUST
from ..rules import CELL_SIZE, FORWARD, PLAYER_RADIUS, TARGET_SIZE, TICS_PER_STEP, TURN_LEFT
from .contact import DECAY, STOP, Motion, step_in_contact

SPEED_UP = THRUST / ONE  # map units a tic, in each tic of walking forward
SLOW, FAST = (2 * np.pi * turn / CIRCLE for turn in (SLOW_TURN, FAST_TURN))  # radians a tic
# A step without contact is linear in the velocity before it and in the thrust of its tics.
COASTED = sum(DECAY**tic for tic in range(TICS_PER_STEP))
KEPT = DECAY**TICS_PER_STEP
DRIVEN = sum((TICS_PER_STEP - tic) * DECAY**tic for tic in range(TICS_PER_STEP))
GAINED = sum(DECAY ** (tic + 1) for tic in range(TICS_PER_STEP))
MOST_CONTACTS = 16
REACH = (PLAYER_RADIUS + TARGET_SIZE / 2) / CELL_SIZE  # cells from a target's centre when touching
SLACK = 0.03  # cells, for drift
AROUND = np.array([(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]).T[..., None]  # [2, 9, 1]


class WalkReckoner:
    """Poses of B players relative to the start of their episodes; see `GridReckoner`.

    Drift grows with contacts. After `MOST_CONTACTS` steps of them in an episode the place counts as
    lost until the next; the angle stays exact.
    """

    def __init__(self, num_envs: int):
        self._position = np.zeros((2, num_envs))  # map units
        self._before = np.zeros((2, num_envs))  # the position before the last step
        self._velocity = np.zeros((2, num_envs))  # map units a tic
        self._touching = np.zeros((2, num_envs))  # side of the wall in contact, by axis; 0 for none
        self._turn_tics = np.zeros(num_envs, np.int64)  # for which a turn has been held
        self._contacts = np.zeros(num_envs, np.int64)  # steps with contact in this episode
        self.angle = np.zeros(num_envs)
        self.arrays = {
            "position": self._position,
            "before": self._before,
            "velocity": self._velocity,
            "touching": self._touching,
            "turn_tics": self._turn_tics,
            "contacts": self._contacts,
            "angle": self.angle,
        }

    @property
    def place(self) -> np.ndarray:
        """See `GridReckoner`."""
        return self._position / CELL_SIZE

    @property
    def is_lost(self) -> np.ndarray:
        """See `GridReckoner`."""
        return self._contacts > MOST_CONTACTS

    def restart(self, mask: np.ndarray) -> None:
        """See `GridReckoner.restart`."""
        for array in self.arrays.values():
            array[..., mask] = 0

    def step(self, action: np.ndarray, contacts: np.ndarray) -> None:
        """See `GridReckoner.step`."""
        forward = action == FORWARD
        thrust = np.stack((np.cos(self.angle), np.sin(self.angle))) * (SPEED_UP * forward)
        slow = np.clip(SLOW_TURN_TICS - self._turn_tics, 0, TICS_PER_STEP)
        turn = np.where(action == TURN_LEFT, SLOW, -SLOW) * slow
        turn += np.where(action == TURN_LEFT, FAST, -FAST) * (TICS_PER_STEP - slow)
        self.angle += np.where(forward, 0, turn)
        self._turn_tics += TICS_PER_STEP
        self._turn_tics[forward] = 0
        self._before[:] = self._position
        self._contacts += contacts > 0

        met = np.flatnonzero(contacts)
        if len(met):
            motion = Motion(*(x[:, met] for x in self._moving()))
            step_in_contact(motion, thrust[:, met], contacts[met])
        self._position += COASTED * self._velocity + DRIVEN * thrust
        self._velocity *= KEPT
        self._velocity += GAINED * thrust
        self._velocity[:, ~forward & (np.abs(self._velocity) < STOP * DECAY).all(0)] = 0
        self._touching[:] = 0
        if len(met):
            for array, moved in zip(self._moving(), motion, strict=True):
                array[:, met] = moved

    def _moving(self) -> tuple[np.ndarray, ...]:
        return self._position, self._velocity, self._touching

    def target(self) -> np.ndarray:
        """Places of targets that the last step reached, [2, B].

        A target fills its cell and stops the player, which here has walked into it. It is the cell
        that this step came nearest to, of those that it was not near enough to touch before.
        """
        before, now = self._before / CELL_SIZE, self._position / CELL_SIZE
        cells = np.round(before)[:, None] + AROUND
        was, is_ = (np.abs(cells - place[:, None]).max(0) for place in (before, now))
        nearest = np.where(was < REACH - SLACK, np.inf, is_).argmin(0)
        return cells[:, nearest, np.arange(len(nearest))]
