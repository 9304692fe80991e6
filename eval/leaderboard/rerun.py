"""Rerun of recorded trials: the same actions on the same tasks, in the simulators of this project.

Mazes run on the twin, with images of one pixel, since nobody looks at them. Bandits and MDPs draw
the same random rewards again, as long as seed and number of trials are the same.
"""

import json
from contextlib import closing
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...core.suite import suite_of
from ...core.trial import Trial
from ...core.types import TimeStep
from ...mazes.tasks import MazeSet
from ...mazes.twin.twin import TwinSettings
from ..trials.runner import TrialLog, evaluate

ENVS = 1000  # at a time, in mazes


class RecordedActions:
    """An agent that takes the actions of a log; action 0 where an episode lasts longer than there.

    Args:
        log: N trials of K episodes.
        trial: The trial that it acts in, with the same tasks.
    """

    def __init__(self, log: TrialLog, trial: Trial):
        self._trial = trial
        self._episodes = log.length.shape[1]
        self._length = torch.from_numpy(log.length.reshape(-1).astype("int64"))
        self._begin = self._length.cumsum(0) - self._length
        self._actions = torch.from_numpy(log.actions.astype("int64"))

    def initial_carry(self, batch_size: int) -> Tensor:
        """Steps so far in the episode, [B] int64."""
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(
        self, carry: Tensor, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, None]:
        """See `core.types.Agent`."""
        step = torch.where(timestep.is_first | timestep.prev_done, 0, carry)
        episode = self._trial.trial_index * self._episodes + self._trial.episode
        episode = episode.clamp(max=len(self._length) - 1)  # trials that do not count
        at = (self._begin[episode] + step).clamp(max=len(self._actions) - 1)
        action = torch.where(step < self._length[episode], self._actions[at], 0)
        return action, step + 1, None


class Rerun(NamedTuple):
    """Trials that the actions of a log give.

    Attributes:
        log: N trials of K episodes, with rewards.
        shortest: [N, K] int64, steps of the shortest path; None but in mazes.
    """

    log: TrialLog
    shortest: np.ndarray | None


def rerun(suite: Any, log: TrialLog, seed: int) -> Rerun:
    """Run the actions of a log again.

    Args:
        suite: Suite of the trials, with their split and number of tasks.
        log: N trials of K episodes, of which actions and lengths are used.
        seed: Seed of the evaluation.
    """
    num_trials, shortest = len(log.length), None
    if suite.has_success:
        mazes, shortest = _drawn(json.dumps(asdict(suite)))
        rules = replace(suite.rules, obs_height=1, obs_width=1)
        env = TwinSettings(device="cpu").start(mazes, rules, min(ENVS, num_trials))
        trial = Trial(env, mazes, suite.episodes_per_trial, torch.arange(num_trials))
    else:
        device = torch.device("cpu")
        trial = suite.evaluation_trial(num_trials, num_trials, None, seed, device)
    with closing(trial.env):
        return Rerun(evaluate(RecordedActions(log, trial), trial, num_trials, seed), shortest)


@lru_cache(maxsize=4)
def _drawn(settings: str) -> tuple[MazeSet, np.ndarray]:
    """Mazes and shortest paths of a suite, given as JSON: many submissions have the same."""
    suite = suite_of(json.loads(settings))
    mazes = MazeSet.draw(suite.tasks)
    return mazes, suite.shortest_lengths(mazes)
