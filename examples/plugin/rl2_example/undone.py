"""A metric: how often an agent takes back the turn that it has just made."""

import numpy as np

from rl2_mazes.core.metrics import METRICS
from rl2_mazes.eval.metrics.episode import Episode
from rl2_mazes.eval.metrics.intervals import Estimate, mean
from rl2_mazes.mazes.rules import TURN_LEFT, TURN_RIGHT


@METRICS.metric("undone", "undone turns", unit="count", direction="lower", interval="Student")
def undone(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Turns per episode that undo the turn of the step before."""
    now, before = episode.actions[1:], episode.actions[:-1]
    undoes = ((now == TURN_LEFT) & (before == TURN_RIGHT)) | (
        (now == TURN_RIGHT) & (before == TURN_LEFT)
    )
    same_trial = episode.trial_of_step[1:] == episode.trial_of_step[:-1]
    counts = np.bincount(
        episode.trial_of_step[1:], undoes & same_trial, minlength=len(episode.length)
    )
    return mean(counts)
