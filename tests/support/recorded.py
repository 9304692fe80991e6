"""Logs of trials whose actions are written down."""

import numpy as np
import torch

from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.rules import MazeRules

GRID = MazeRules(movement="grid", horizon=9)


def log_of(*episodes: list[int], success: list[bool]) -> TrialLog:
    """One trial with these actions, by episode."""
    return TrialLog(
        length=np.array([[len(actions) for actions in episodes]]),
        success=np.array([success]),
        episode_return=np.zeros((1, len(episodes)), dtype=np.float32),
        tasks=torch.tensor([0]),
        actions=np.concatenate(episodes).astype(np.uint8),
    )


def log_of_lengths(length, success=None) -> TrialLog:
    """N trials of K episodes with these lengths [N, K]; without `success` [N, K], all succeed."""
    length = np.array(length, dtype=np.int64)
    return TrialLog(
        length=length,
        success=np.ones_like(length, dtype=bool) if success is None else np.array(success),
        episode_return=-length.astype(np.float32),
        tasks=torch.arange(len(length)),
        actions=np.zeros(length.sum(), dtype=np.uint8),
    )
