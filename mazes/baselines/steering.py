"""From the way ahead to an action: how scripted agents get from cell to cell.

*grid*: turn towards the next cell, then go. *walk*: momentum carries a player on for most of a
cell, so it is steered from where it would roll out, straight at the furthest cell of its way that
a player's box can reach from there without cutting a corner. Along the shortest ways of 200 mazes
of 3x3 rooms that took 32.2 steps on average, where the search of `mazes.planning.walk_search` finds 29.6.
"""

import math
from collections.abc import Sequence

import numpy as np

from ..maze import STEP
from ..rules import CELL_SIZE, FORWARD, PLAYER_RADIUS, TURN_LEFT, TURN_RIGHT

Cell = tuple[int, int]
ROLL_STEPS = 2.0  # how many times its last step's way a player rolls on when it stops pushing
AIM = 8.0  # degrees off the aim at which it turns; a first step of turning makes 7
SPARE = 0.5  # map units between a player's box and a corner
SAMPLE = 8.0  # map units between the places along a line that are checked


def cell_of(pose: Sequence[float]) -> Cell:
    """(row, column) of the cell that a pose [x, y, angle] lies in."""
    return math.floor(-pose[1] / CELL_SIZE), math.floor(pose[0] / CELL_SIZE)


def heading_of(pose: Sequence[float]) -> int:
    """The heading, in quarter turns from east, that is nearest to a pose's angle."""
    return round(pose[2] / 90) % 4


def grid_action(pose: Sequence[float], way: Sequence[Cell]) -> int:
    """Turns towards the next cell, or goes."""
    (row, col), heading = cell_of(pose), heading_of(pose)
    wanted = STEP.index((way[0][0] - row, way[0][1] - col))
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

    def action(self, pose: Sequence[float], way: Sequence[Cell]) -> int:
        """Turns towards the way ahead, or walks.

        Args:
            pose: x, y [map units], angle [degrees].
            way: The next cells, one beside the other, at least one.
        """
        x, y, angle = pose
        last = self._last or (x, y)
        self._last = x, y
        place = x + ROLL_STEPS * (x - last[0]), y + ROLL_STEPS * (y - last[1])
        if not self._is_free(place, place):
            place = x, y
        aim = _middle(way[0])
        for further in map(_middle, way[1:]):
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


def _middle(cell: Cell) -> tuple[float, float]:
    return (cell[1] + 0.5) * CELL_SIZE, -(cell[0] + 0.5) * CELL_SIZE
