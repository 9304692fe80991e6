"""Labels of an auxiliary loss by dead reckoning: pose and target, in the agent's own frame.

An RL² agent is fed its actions and rewards. They tell where it is, seen from the start of its
episode (`mazes.reckoning.grid`, `mazes.reckoning.walk`), and where the target was when it reached
it. Nothing else goes into these labels: no map, no pose of the simulator, no target before it was
found.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..planning.privileged import OFFSET_UNIT
from ..rules import MazeRules
from .grid import GridReckoner
from .outcomes import read_outcomes
from .paths import Paths
from .saved_arrays import SavedArrays
from .visits import Visits
from .walk import WalkReckoner

NUM_LABELS = 6


class Reckoner(Protocol):
    """Poses of B players; see `mazes.reckoning.grid.GridReckoner`."""

    arrays: dict[str, np.ndarray]

    def __init__(self, num_envs: int): ...

    @property
    def place(self) -> np.ndarray: ...  # noqa: D102  see above
    @property
    def angle(self) -> np.ndarray: ...  # noqa: D102
    @property
    def is_lost(self) -> np.ndarray: ...  # noqa: D102

    def restart(self, mask: np.ndarray) -> None: ...  # noqa: D102
    def step(self, action: np.ndarray, contacts: np.ndarray) -> None: ...  # noqa: D102
    def target(self) -> np.ndarray: ...  # noqa: D102


RECKONERS: dict[str, type[Reckoner]] = {"grid": GridReckoner, "walk": WalkReckoner}


class ReckonedLabels(SavedArrays):
    """Labels of consecutive rollouts; a `core.types.LabelMaker`.

    The target of an episode is known once an earlier episode of the trial, with the same start and
    the same target, has found it. With `hindsight` it is also known before, if such an episode ends
    in success later in the trial and in the rollout.

    Args:
        rules: Of the mazes.
        num_envs: B.
        period: Number of episodes after which start and target recur; 1 if they never change.
        hindsight: See above.
        visits: Adds its labels.
        paths: Adds its labels; needs `hindsight`.
    """

    def __init__(
        self,
        rules: MazeRules,
        num_envs: int,
        period: int,
        hindsight: bool = False,
        visits: Visits | None = None,
        paths: Paths | None = None,
    ):
        self._rules = rules
        self._visits = visits
        self._paths = paths
        self._hindsight = hindsight
        self._reckoner = RECKONERS[rules.movement](num_envs)
        self._envs = np.arange(num_envs)
        self._episode = np.zeros(num_envs, np.int64)  # of the trial, modulo the period
        self._ended = np.zeros(num_envs, bool)  # whether the last step ended an episode
        self._targets = np.full((2, period, num_envs), np.nan)  # seen from the episode's start
        self._arrays = {
            **self._reckoner.arrays,
            "episode": self._episode,
            "ended": self._ended,
            "targets": self._targets,
            **({} if visits is None else visits.arrays),
            **({} if paths is None else paths.arrays),
        }

    def __call__(self, is_first: Tensor, action: Tensor, reward: Tensor, done: Tensor) -> Tensor:
        """Labels of a rollout, see `core.types.LabelMaker`.

        Returns:
            [T, B, `NUM_LABELS`] float32 on the device of the rollout, NaN where it is unknown:
            0-1    position of the player relative to its start pose (ahead, left), in
                   `OFFSET_UNIT`s
            2-3    cosine and sine of the angle turned since the start
            4-5    position of the target relative to the player's pose (ahead, left), in
                   `OFFSET_UNIT`s
            With `visits` or `paths` those of `Visits.look` or `Paths.label` follow.
        """
        first, act, ended = (x.cpu().numpy() for x in (is_first, action, done))
        found, contacts = read_outcomes(self._rules, reward.cpu().numpy(), ended)
        shape = first.shape
        place, target, after = np.empty((3, 2, *shape))
        angle = np.empty(shape)
        phase = np.empty(shape, np.int64)
        reached = np.full((2, *shape), np.nan)
        visits = []
        for t in range(len(first)):
            restart = self._ended | first[t]
            self._begin(restart, first[t])
            angle[t], phase[t] = self._reckoner.angle, self._episode
            place[:, t] = np.where(self._reckoner.is_lost, np.nan, self._reckoner.place)
            target[:, t] = self._targets[:, self._episode, self._envs]
            if self._visits is not None:
                visits.append(self._visits.look(self._episode, place[:, t], angle[t], restart))
            self._reckoner.step(act[t], contacts[t])
            self._ended[:] = ended[t]
            after[:, t] = np.where(self._reckoner.is_lost, np.nan, self._reckoner.place)
            if found[t].any():
                here = np.where(found[t] & ~self._reckoner.is_lost, self._reckoner.target(), np.nan)
                after[:, t, found[t]] = here[:, found[t]]
                reached[:, t] = here
                self._remember(self._targets, here, self._episode)
            if self._visits is not None and ended[t].any():
                self._visits.arrive(self._episode, after[:, t], ended[t])
        if self._hindsight:
            self._look_back(first, phase, reached, target)
        labels = np.stack((*place, np.cos(angle), np.sin(angle), *_seen(target, place, angle)), -1)
        labels[..., [0, 1, 4, 5]] /= OFFSET_UNIT
        if self._paths is not None:
            paths = self._paths.label(first, phase, place, after, angle, target)
            labels = np.concatenate((labels, paths.transpose(1, 2, 0)), -1)
        if visits:
            labels = np.concatenate((labels, np.stack(visits).transpose(0, 2, 1)), -1)
        return torch.from_numpy(labels.astype(np.float32)).to(action.device)

    def _begin(self, restart: np.ndarray, first: np.ndarray) -> None:
        """Begin new episodes and trials."""
        if not restart.any():
            return
        self._reckoner.restart(restart)
        self._episode += self._ended
        self._episode %= self._targets.shape[1]
        self._episode[first] = 0
        self._targets[:, :, first] = np.nan
        if self._visits is not None:
            self._visits.forget(first)

    def _remember(self, targets: np.ndarray, here: np.ndarray, phase: np.ndarray) -> None:
        """Enter places `here`, [2, B], into [2, period, B] targets; NaN leaves them."""
        now = targets[:, phase, self._envs]
        targets[:, phase, self._envs] = np.where(np.isnan(here), now, here)

    def _look_back(
        self, first: np.ndarray, phase: np.ndarray, reached: np.ndarray, target: np.ndarray
    ) -> None:
        """Fill in targets, [2, T, B], that were unknown and found later in the trial."""
        later = np.full_like(self._targets, np.nan)
        for t in reversed(range(len(first))):
            self._remember(later, reached[:, t], phase[t])
            unknown = np.isnan(target[:, t])
            target[:, t] = np.where(unknown, later[:, phase[t], self._envs], target[:, t])
            later[:, :, first[t]] = np.nan


def _seen(target: np.ndarray, place: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Targets seen from players (ahead, left), [2, T, B] in cells."""
    ahead, left = target - place
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack((ahead * cos + left * sin, left * cos - ahead * sin))
