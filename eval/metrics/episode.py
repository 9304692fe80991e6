"""The input of a metric: one episode of each of N trials."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ..trials.runner import TrialLog


@dataclass(frozen=True, eq=False)
class Episode:
    """Episode k of each of N trials; S is the number of steps of all N.

    Attributes:
        index: k, from 0.
        length: [N] int64, steps; the horizon's where it failed.
        success: [N] bool, whether the target was reached.
        episode_return: [N] float32, undiscounted sum of rewards.
        actions: [S] uint8 or int32, in order of trial and time; None if the log holds none.
        poses: [S, 3] float32, x and y in map units and angle in degrees where each action was
            taken; None if the environment has no poses.
        shortest: [N] int64, steps of the shortest path; None if unknown.
        reset_length: [N] int64, steps of the same agent in the same episode with its memory reset
            at the start of each episode; None if there was no such run.
        mazes: N mazes; None in other suites.
        rules: Rules of the mazes; None in other suites.
    """

    index: int
    length: np.ndarray
    success: np.ndarray
    episode_return: np.ndarray
    actions: np.ndarray | None = None
    poses: np.ndarray | None = None
    shortest: np.ndarray | None = None
    reset_length: np.ndarray | None = None
    mazes: Sequence[Maze] | None = None
    rules: MazeRules | None = None

    @property
    def wall_penalty(self) -> float | None:
        """Reward of a wall hit; None if it costs nothing."""
        return (self.rules and self.rules.wall_penalty) or None

    @property
    def trial_of_step(self) -> np.ndarray:
        """[S] int64, the trial of each step."""
        return np.repeat(np.arange(len(self.length)), self.length)


def episodes_of(
    log: TrialLog,
    shortest: np.ndarray | None = None,
    mazes: Sequence[Maze] | None = None,
    rules: MazeRules | None = None,
    reset: TrialLog | None = None,
) -> list[Episode]:
    """Split a log by episode.

    Args:
        log: N trials of K episodes.
        shortest: [N, K] int64, steps of the shortest path, if known.
        mazes: N mazes, one per trial, if known.
        rules: Rules of the mazes, if known.
        reset: The same trials with the agent's memory reset at every episode, if they were run.

    Returns:
        K episodes.
    """
    trials, count = log.length.shape
    episode_of_step = np.repeat(np.tile(np.arange(count), trials), log.length.ravel())
    return [
        Episode(
            index=k,
            length=_fixed(log.length[:, k]),
            success=_fixed(log.success[:, k]),
            episode_return=_fixed(log.episode_return[:, k]),
            actions=log.actions[episode_of_step == k] if len(log.actions) else None,
            poses=None if log.poses is None else log.poses[episode_of_step == k],
            shortest=None if shortest is None else shortest[:, k],
            reset_length=None if reset is None else reset.length[:, k],
            mazes=mazes,
            rules=rules,
        )
        for k in range(count)
    ]


def _fixed(view: np.ndarray) -> np.ndarray:
    """A view that cannot be written through: a metric that did would change the trials."""
    view.flags.writeable = False
    return view
