"""Which tics of a walking step does a wall stop? Foretold in the engine's own arithmetic.

The engine reports once a step, after four tics; a wall may have stopped the player in any of them.
So the step is simulated, to the last bit, from the state that the engine was in before it. Touching
the target is no wall contact, and the tics after it do not count.
"""

import inspect
from collections.abc import Callable

import numba
import numpy as np

from .. import rules
from ..dynamics import collision, physics
from ..dynamics.collision import ONE, block_origin, target_gap
from ..dynamics.numba_utils import allow_calls, fingerprint
from ..maze import Maze
from ..rules import FORWARD, TURN_LEFT

ANGLES = 1 << 16  # headings that a player can have


class Contact:
    """Foretells walking in one maze."""

    def __init__(self, maze: Maze):
        self._walls = maze.walls
        self._target = np.array(maze.target)
        self._origin = block_origin(maze.walls)

    def touches_target(self, x: float, y: float) -> bool:
        """Whether the player's box is within `TOUCH_GAP` of the target's."""
        return bool(target_gap(self._target, round(x * ONE), round(y * ONE)) <= physics.TOUCH)

    def count(self, state: list[float], forward: bool) -> int:
        """How many of a step's tics a wall stops.

        Args:
            state: x, y [map units], angle [degrees], velocity x, y [map units a tic].
            forward: Whether the step walks forward.
        """
        x, y, angle, vx, vy = state
        heading = round(angle / 360 * ANGLES) % ANGLES << 16
        units = round(x * ONE), round(y * ONE), round(vx * ONE), round(vy * ONE), heading, 0
        action = FORWARD if forward else TURN_LEFT  # which way it turns changes no contact
        return _count(self._walls, self._target, self._origin, np.array(units), action)


def _build(sources: str) -> Callable[..., int]:
    """`physics.walk_step`, compiled: it would cost as much as the engine itself."""

    def count(walls, target, origin, state, action):
        len(sources)  # encloses it, see `fingerprint`
        return physics.walk_step(walls, target, origin, state, action)[0]

    return numba.njit(cache=True, error_model="numpy")(inspect.unwrap(count))


allow_calls(collision, physics)
_count = _build(fingerprint(collision, physics, rules))
