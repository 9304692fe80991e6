"""Outcomes of steps, read from their rewards."""

import numpy as np

from ...core.types import Odometry
from ..rules import TICS_PER_STEP, MazeRules


def read_outcomes(
    rules: MazeRules | Odometry, reward: np.ndarray, ended: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each step found the target, and its tics of contact with walls.

    Args:
        rules: Of the mazes, or their rewards alone.
        reward: [T, B] float32.
        ended: [T, B] bool, whether an episode ended with the step.

    Returns:
        [T, B] bool and [T, B] int64.
    """
    more = reward.astype(np.float64) - rules.step_penalty
    found = ended & (np.abs(more) > abs(rules.target_reward) / 2)
    contacts = np.rint((more - rules.target_reward * found) / rules.wall_penalty)
    return found, contacts.astype(np.int64).clip(0, TICS_PER_STEP)
