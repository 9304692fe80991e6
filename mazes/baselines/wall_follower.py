"""The wall follower."""

import numpy as np

from ...core.trial import Trial
from ...core.types import Agent
from ..maze import STEP
from . import SCRIPTED_AGENTS
from .strategy import LOOKAHEAD, Cell, Strategy, StrategyAgent, cell_ahead

RIGHT_HAND = (3, 0, 1, 2)  # quarter turns to the left: right, ahead, left, back


@SCRIPTED_AGENTS.agent("wall follower", "keeps its right hand on the wall")
def wall_follower(trial: Trial) -> Agent:
    """Agent that follows the wall in every episode."""
    return StrategyAgent(trial, WallFollowing)


class WallFollowing(Strategy):
    """Keeps the right hand on the wall: the rightmost open cell, seen from the direction of motion.

    Remembers nothing from earlier episodes.
    """

    def begin(self, episode: int, cell: Cell, heading: int) -> None:
        """Sets the direction of motion to the heading of the start."""
        super().begin(episode, cell, heading)
        self._cell, self._heading = cell, heading

    def next_cells(self, cell: Cell, heading: int, view: np.ndarray) -> list[Cell]:
        """See `Strategy`."""
        moved = cell[0] - self._cell[0], cell[1] - self._cell[1]
        if moved in STEP:
            self._heading = STEP.index(moved)
        self._cell = cell
        path, at, direction = [], cell, self._heading
        while len(path) < LOOKAHEAD and at != self.target:
            around = [cell_ahead(at, direction + turn) for turn in RIGHT_HAND]
            at = next(near for near in around if not self.maze.walls[near])
            direction = (direction + RIGHT_HAND[around.index(at)]) % 4
            path.append(at)
        return path
