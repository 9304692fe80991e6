"""Which tics of a walking step does a wall stop? Foretold in the engine's own arithmetic.

The engine reports once a step, after four tics; a wall may have stopped the player in any of them.
So the step is simulated, to the last bit, from the state that the engine was in before it. Touching
the target is no wall contact, and the tics after it do not count.
"""

import itertools

from mazes.collision import ONE, block_origin, target_gap
from mazes.maze import Maze
from mazes.physics import TOUCH, walk_step
from mazes.rules import FORWARD, TURN_LEFT

ANGLES = 1 << 16  # headings that a player can have


class Contact:
    """Foretells walking in one maze."""

    def __init__(self, maze: Maze):
        self._walls = _Walls(maze)
        self._target = maze.target
        self._origin = block_origin(maze.walls)

    def touches_target(self, x: float, y: float) -> bool:
        """Whether the player's box is within `TOUCH_GAP` of the target's."""
        return target_gap(self._target, round(x * ONE), round(y * ONE)) <= TOUCH

    def count(self, state: list[float], forward: bool) -> int:
        """How many of a step's tics a wall stops.

        Args:
            state: x, y [map units], angle [degrees], velocity x, y [map units a tic].
            forward: Whether the step walks forward.
        """
        x, y, angle, vx, vy = state
        heading = round(angle / 360 * ANGLES) % ANGLES << 16
        fixed = [round(x * ONE), round(y * ONE), round(vx * ONE), round(vy * ONE), heading, 0]
        action = FORWARD if forward else TURN_LEFT  # which way it turns changes no contact
        return walk_step(self._walls, self._target, self._origin, fixed, action)[0]


class _Walls(dict):
    """Walls by (row, column): plain Python reads this faster than an array."""

    def __init__(self, maze: Maze):
        cells = itertools.product(*(range(size) for size in maze.walls.shape))
        super().__init__(zip(cells, maze.walls.ravel().tolist(), strict=True))
        self.shape = maze.walls.shape
