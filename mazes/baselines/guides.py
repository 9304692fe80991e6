"""Ways to go through a maze, cell by cell: what scripted agents know, and what they do with it."""

import numpy as np

from ..maze import STEP, Maze
from ..planning.shortest_paths import UNREACHABLE, grid_steps, steps_to

Cell = tuple[int, int]  # row, column
AHEAD = 3  # cells of the way that a guide tells
RIGHT_HAND = (3, 0, 1, 2)  # quarter turns to the left: right, ahead, left, back


class Guide:
    """Knows where to go in one maze, for one copy, throughout a trial.

    Args:
        maze: The maze. What a guide reads of it is what makes the guide.
    """

    def __init__(self, maze: Maze):
        self.maze = maze

    def begin(self, cell: Cell, heading: int) -> None:
        """An episode begins, at a cell and heading in quarter turns from east."""

    def way(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """The next cells, from 1 to `AHEAD`, one beside the other.

        Args:
            cell: Where the player is.
            heading: Where it looks.
            view: [height, width] bool, the cells that it sees.
        """
        raise NotImplementedError


class ShortestWay(Guide):
    """The shortest way, known from the map."""

    def __init__(self, maze: Maze):
        super().__init__(maze)
        self._steps = grid_steps(maze)

    def way(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Guide`."""
        return downhill(self._steps, cell, heading)


class Search(Guide):
    """Looks for the target, then takes the shortest way that it knows.

    It takes no more from the map than what has been in view, and what all mazes have in common:
    rooms at odd rows and columns, the target in one of them, solid pillars and border. Of the rooms
    not seen yet it goes for the nearest, supposing that what it has not seen is open (frontier
    exploration, Yamauchi 1997). That is systematic and forgets nothing; it is not the best possible
    search, which would weigh where the target may be.
    """

    def __init__(self, maze: Maze):
        super().__init__(maze)
        self._rooms = np.zeros(maze.walls.shape, dtype=bool)
        self._rooms[1:-1:2, 1:-1:2] = True
        self._may_be_open = np.zeros(maze.walls.shape, dtype=bool)
        self._may_be_open[1:-1:2, 1:-1] = self._may_be_open[1:-1, 1:-1:2] = True
        self._known = np.zeros(maze.walls.shape, dtype=bool)
        self._steps: np.ndarray | None = None

    def begin(self, cell: Cell, heading: int) -> None:
        """The map so far stays; the plan is made anew."""
        self._steps = None

    def way(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Guide`."""
        if self._steps is None or (view & ~self._known).any():
            self._known |= view
            self._steps = self._plan(cell, heading)
        return downhill(self._steps, cell, heading)

    def _plan(self, cell: Cell, heading: int) -> np.ndarray:
        """Steps to the target if it is known, else to the nearest unseen room."""
        known_open = self._known & ~self.maze.walls
        perhaps_open = known_open | (self._may_be_open & ~self._known)
        if not self._known[self.maze.target]:
            unseen = np.argwhere(self._rooms & ~self._known)
            return steps_to([(int(row), int(col)) for row, col in unseen], perhaps_open)
        steps = steps_to([self.maze.target], known_open)
        if steps[*cell, heading] == UNREACHABLE:  # it knows no way from this episode's start
            steps = steps_to([self.maze.target], perhaps_open)
        return steps


class RightHand(Guide):
    """Keeps its right hand on the wall: at each cell the rightmost way, seen from where it came."""

    def begin(self, cell: Cell, heading: int) -> None:
        """Nothing is kept from earlier episodes."""
        self._cell, self._heading = cell, heading

    def way(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Guide`."""
        moved = cell[0] - self._cell[0], cell[1] - self._cell[1]
        if moved in STEP:
            self._heading = STEP.index(moved)
        self._cell = cell
        way, at, ahead = [], cell, self._heading
        while len(way) < AHEAD and at != self.maze.target:
            around = [_beside(at, ahead + turn) for turn in RIGHT_HAND]
            at = next(near for near in around if not self.maze.walls[near])
            ahead = (ahead + RIGHT_HAND[around.index(at)]) % 4
            way.append(at)
        return way


def downhill(steps: np.ndarray, cell: Cell, heading: int) -> list[Cell]:
    """The next cells of a shortest way.

    Args:
        steps: From `mazes.planning.shortest_paths.steps_to`.
        cell: Where the way begins; a goal can be reached from it, and it is none.
        heading: Where it begins to look.
    """
    way: list[Cell] = []
    while len(way) < AHEAD and steps[*cell, heading] != 0:
        turns = [(heading + turn) % 4 for turn in range(4)]
        reached = [steps[*_beside(cell, each), each] for each in turns]
        least = [
            (abs((turn + 1) % 4 - 1) + after, each)
            for turn, (each, after) in enumerate(zip(turns, reached, strict=True))
            if after != UNREACHABLE
        ]
        heading = min(least)[1]
        cell = _beside(cell, heading)
        way.append(cell)
    return way


def _beside(cell: Cell, heading: int) -> Cell:
    step = STEP[heading % 4]
    return cell[0] + step[0], cell[1] + step[1]
