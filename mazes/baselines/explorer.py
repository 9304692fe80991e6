"""The explorer: frontier exploration with a perfect memory of the map."""

import numpy as np

from ...core.trial import Trial
from ...core.types import Agent
from ..generators.grid import cells_that_may_be_open, room_cells
from ..maze import Maze
from ..planning.shortest_paths import UNREACHABLE, steps_to
from . import SCRIPTED_AGENTS
from .strategy import Cell, Strategy, StrategyAgent, descend


@SCRIPTED_AGENTS.agent(
    "explorer", "explores systematically, then takes the shortest path that it knows"
)
def explorer(trial: Trial) -> Agent:
    """Agent that explores, and remembers the map in later episodes."""
    return StrategyAgent(trial, FrontierExploration)


class FrontierExploration(Strategy):
    """Looks for the target, then takes the shortest known path to it (Yamauchi 1997).

    It uses the cells of the map that have been in view, and what all mazes have in common: rooms at
    odd rows and columns, the target in one of them, solid pillars and border. It heads for the
    nearest unseen room, assuming that unseen cells are open. This search is systematic and forgets
    nothing. It is not optimal: an optimal search would weigh the probable places of the target.

    It knows whether the maze has one target. If the target has another place in each episode, the
    known walls are of use and the rooms seen in earlier episodes are searched anew.
    """

    def __init__(self, maze: Maze):
        super().__init__(maze)
        self._rooms = room_cells(maze.walls.shape)
        self._may_be_open = cells_that_may_be_open(maze.walls.shape)
        self._known = np.zeros(maze.walls.shape, dtype=bool)
        self._searched = np.zeros(maze.walls.shape, dtype=bool)  # seen while the target was here
        self._steps: np.ndarray | None = None

    def begin(self, episode: int, cell: Cell, heading: int) -> None:
        """Keeps the known map; discards the plan, and what is known of a target that moves."""
        super().begin(episode, cell, heading)
        self._steps = None
        if len(self.maze.targets) > 1:
            self._searched[:] = False

    def next_cells(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Strategy`."""
        if self._steps is None or (view & ~self._searched).any():
            self._known |= view
            self._searched |= view
            self._steps = self._plan(cell, heading)
        return descend(self._steps, cell, heading)

    def _plan(self, cell: Cell, heading: int) -> np.ndarray:
        """Steps to the target if it is known, else to the nearest unseen room."""
        known_open = self._known & ~self.maze.walls
        perhaps_open = known_open | (self._may_be_open & ~self._known)
        if not self._searched[self.target]:
            unseen = np.argwhere(self._rooms & ~self._searched)
            return steps_to([(int(row), int(col)) for row, col in unseen], perhaps_open)
        steps = steps_to([self.target], known_open)
        if steps[*cell, heading] == UNREACHABLE:  # no known path from this episode's start
            steps = steps_to([self.target], perhaps_open)
        return steps
