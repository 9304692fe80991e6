"""A metric: how often an agent takes back the turn that it has just made."""

import numpy as np

from rl2_mazes.core.metrics import METRICS
from rl2_mazes.eval.metrics.episode import Episode
from rl2_mazes.eval.metrics.intervals import Estimate, mean
from rl2_mazes.mazes.rules import TURN_LEFT, TURN_RIGHT


@METRICS.metric("undone", "undone turns", "count", "lower", interval="Student", needs=["actions"])
def undone(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Turns per episode that undo the turn of the step before."""
    trial = episode.trial_of_step
    turn = np.equal(episode.actions, TURN_LEFT) - 1.0 * np.equal(episode.actions, TURN_RIGHT)
    undoes = (turn[1:] * turn[:-1] < 0) & (trial[1:] == trial[:-1])
    return mean(np.bincount(trial[1:], undoes, minlength=len(episode.length)))
