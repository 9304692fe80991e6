"""A trial in the corner maze, worked out from the map alone."""

import pytest
from support.recorded import log_of

from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT


@pytest.fixture
def trial() -> TrialLog:
    """In the corner maze: turns on the spot until the horizon, then the shortest path (5 steps)."""
    lost = [TURN_RIGHT] * 7 + [FORWARD] * 2
    straight = [FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD]
    return log_of(lost, straight, success=[False, True])
