"""Steering of scripted agents: from a path to an action.

*grid*: turn towards the next cell, then go forward. *walk*: momentum carries a player for most of a
cell, so it steers from the place where it would roll out, straight at the furthest cell of its path
that a player's box can reach from there without cutting a corner. Along the shortest paths of 200
mazes of 3x3 rooms this took 32.2 steps on average; the search of `mazes.planning.walk_search` finds
walks of 29.6.
"""

import math
from collections.abc import Sequence

import numpy as np

from ..geometry import cell_centre, cell_of, heading_of
from ..maze import STEP
from ..rules import CELL_SIZE, FORWARD, PLAYER_RADIUS, TURN_LEFT, TURN_RIGHT

Cell = tuple[int, int]
ROLL_STEPS = 2.0  # distance that a player rolls on, in lengths of its last step
AIM = 8.0  # degrees off the aim from which it turns; the first step of a turn makes 7
SPARE = 0.5  # map units between a player's box and a corner
SAMPLE = 8.0  # map units between checked points of a line


def grid_action(pose: Sequence[float], path: Sequence[Cell]) -> int:
    """Turns towards the next cell of the path, or goes forward."""
    (row, col), heading = cell_of(pose), heading_of(pose)
    wanted = STEP.index((path[0][0] - row, path[0][1] - col))
    turns = (wanted - heading) % 4
    return FORWARD if turns == 0 else TURN_RIGHT if turns == 3 else TURN_LEFT


class WalkSteering:
    """Steers one player through one episode of walking.

    Args:
        walls: [height, width] bool, solid where True.
    """

    def __init__(self, walls: np.ndarray):
        self._walls = walls
        self._last: tuple[float, float] | None = None

    def action(self, pose: Sequence[float], path: Sequence[Cell]) -> int:
        """Turns towards the path, or walks forward.

        Args:
            pose: x, y [map units], angle [degrees].
            path: The next cells, at least one, each beside the one before.
        """
        x, y, angle = pose
        last = self._last or (x, y)
        self._last = x, y
        place = x + ROLL_STEPS * (x - last[0]), y + ROLL_STEPS * (y - last[1])
        if not self._is_free(place, place):
            place = x, y
        aim = cell_centre(path[0])
        for further in map(cell_centre, path[1:]):
            if not self._is_free(place, further):
                break
            aim = further
        wanted = math.degrees(math.atan2(aim[1] - place[1], aim[0] - place[0]))
        turn = (wanted - angle + 180) % 360 - 180
        if abs(turn) < AIM:
            return FORWARD
        return TURN_LEFT if turn > 0 else TURN_RIGHT

    def _is_free(self, a: tuple[float, float], b: tuple[float, float]) -> bool:
        """Whether the player's box can go straight from a to b."""
        samples = np.linspace(0, 1, 2 + int(math.dist(a, b) / SAMPLE))
        reach = PLAYER_RADIUS + SPARE
        x = a[0] + (b[0] - a[0]) * samples
        y = a[1] + (b[1] - a[1]) * samples
        west, east = ((x + side) // CELL_SIZE for side in (-reach, reach))
        north, south = ((-y + side) // CELL_SIZE for side in (-reach, reach))
        cols = np.concatenate((west, east, west, east)).astype(int)
        rows = np.concatenate((north, north, south, south)).astype(int)
        return not self._walls[rows, cols].any()
