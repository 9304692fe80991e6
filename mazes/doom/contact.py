"""Number of tics of a walking step in which a wall stops the player, predicted by simulation.

The engine reports its state once per step, after four tics; a wall may stop the player in any of
them. The step is therefore simulated, bit for bit, from the engine's state before it. Touching the
target is no wall contact, and tics after it do not count.
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

ANGLES = 1 << 16  # number of angles that a player can have


class ContactPredictor:
    """Predicts wall contacts in one maze.

    Args:
        maze: The maze.
        episode: Episode of the trial, which decides the target.
    """

    def __init__(self, maze: Maze, episode: int = 0):
        self._walls = maze.walls
        self._target = np.array(maze.target(episode))
        self._origin = block_origin(maze.walls)

    def touches_target(self, x: float, y: float) -> bool:
        """Whether the player's box is within `TOUCH_GAP` of the target's."""
        return bool(target_gap(self._target, round(x * ONE), round(y * ONE)) <= physics.TOUCH)

    def count(self, state: list[float], forward: bool) -> int:
        """Number of tics of a step in which a wall stops the player.

        Args:
            state: x, y [map units], angle [degrees], velocity x, y [map units a tic].
            forward: Whether the step walks forward.
        """
        x, y, angle, vx, vy = state
        heading = round(angle / 360 * ANGLES) % ANGLES << 16
        units = round(x * ONE), round(y * ONE), round(vx * ONE), round(vy * ONE), heading, 0
        action = FORWARD if forward else TURN_LEFT  # the direction of a turn changes no contact
        return _count(self._walls, self._target, self._origin, np.array(units), action)


def _build(sources: str) -> Callable[..., int]:
    """Compiles `physics.walk_step`, which would otherwise cost as much as the engine."""

    def count(walls, target, origin, state, action):
        len(sources)  # keeps the hash in the closure, see `fingerprint`
        return physics.walk_step(walls, target, origin, state, action)[0]

    return numba.njit(cache=True, error_model="numpy")(inspect.unwrap(count))


allow_calls(collision, physics)
_count = _build(fingerprint(collision, physics, rules))
