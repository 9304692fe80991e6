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
