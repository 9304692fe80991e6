"""Counts of the cells that a searching player has entered, for a bonus in training."""

import numpy as np
import torch
from torch import Tensor

from ..rules import MazeRules
from .labels import RECKONERS
from .outcomes import read_outcomes
from .saved_arrays import SavedArrays


class NoveltyCounts(SavedArrays):
    """Cells entered in consecutive rollouts; a `core.types.LabelMaker`.

    A cell counts once in an episode, and the start not at all. Where an earlier episode of the
    trial with the same start and target has found the target, there is no search and no count.

    Args:
        rules: Of the mazes.
        num_envs: B.
        period: Number of episodes after which start and target recur; 1 if they never change.
        reach: Cells from the start beyond which none counts.
    """

    def __init__(self, rules: MazeRules, num_envs: int, period: int, reach: int):
        self._rules = rules
        self._reach = reach
        self._reckoner = RECKONERS[rules.movement](num_envs)
        self._envs = np.arange(num_envs)
        self._episode = np.zeros(num_envs, np.int64)  # of the trial, modulo the period
        self._ended = np.zeros(num_envs, bool)  # whether the last step ended an episode
        self._found = np.zeros((period, num_envs), bool)
        self._entered = np.zeros((2 * reach + 1, 2 * reach + 1, num_envs), bool)
        self._count = np.zeros(num_envs, np.int64)
        self._arrays = {
            **self._reckoner.arrays,
            "episode": self._episode,
            "ended": self._ended,
            "found": self._found,
            "entered": self._entered,
            "count": self._count,
        }

    def __call__(self, is_first: Tensor, action: Tensor, reward: Tensor, done: Tensor) -> Tensor:
        """Counts of a rollout, see `core.types.LabelMaker`.

        Returns:
            [T, B, 2] float32 on the device of the rollout: cells entered in the episode before
            each action, and after it; 0 after the end of an episode.
        """
        first, act, ended = (x.cpu().numpy() for x in (is_first, action, done))
        found, contacts = read_outcomes(self._rules, reward.cpu().numpy(), ended)
        counts = np.empty((*first.shape, 2), np.float32)
        for t in range(len(first)):
            self._begin(first[t])
            counts[t, :, 0] = self._count
            self._reckoner.step(act[t], contacts[t])
            self._enter(~self._found[self._episode, self._envs])
            counts[t, :, 1] = np.where(ended[t], 0, self._count)
            self._found[self._episode, self._envs] |= found[t]
            self._ended[:] = ended[t]
        return torch.from_numpy(counts).to(action.device)

    def _begin(self, first: np.ndarray) -> None:
        """Begin new episodes and trials."""
        restart = self._ended | first
        if not restart.any():
            return
        self._reckoner.restart(restart)
        self._episode += self._ended
        self._episode %= len(self._found)
        self._episode[first] = 0
        self._found[:, first] = False
        self._entered[..., restart] = False
        self._entered[self._reach, self._reach, restart] = True
        self._count[restart] = 0

    def _enter(self, searching: np.ndarray) -> None:
        """Count the present cells of players that search, [B] bool, if they are new."""
        cell = np.round(self._reckoner.place).astype(np.int64)
        counts = searching & ~self._reckoner.is_lost & (np.abs(cell) <= self._reach).all(0)
        at = np.flatnonzero(counts)
        row, column = cell[:, at] + self._reach
        self._count[at] += ~self._entered[row, column, at]
        self._entered[row, column, at] = True
