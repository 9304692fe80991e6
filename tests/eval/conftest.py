"""A maze and a trial in it, worked out from the map alone."""

import numpy as np
import pytest
from recorded import log_of

from eval.rollouts import TrialLog
from mazes.maze import Maze, Pose
from mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT


@pytest.fixture
def corner() -> Maze:
    """East along three cells, then two to the north; starts in the west, target in the north."""
    walls = np.ones((5, 5), dtype=bool)
    walls[3, 1:4] = walls[2, 3] = walls[1, 3] = False
    return Maze(walls, (Pose(3, 1),), (1, 3), texture_set=1)


@pytest.fixture
def trial() -> TrialLog:
    """In the corner maze: turns on the spot until the horizon, then the shortest way (5 steps)."""
    lost = [TURN_RIGHT] * 7 + [FORWARD] * 2
    straight = [FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD]
    return log_of(lost, straight, success=[False, True])
