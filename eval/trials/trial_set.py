"""Trials of an agent on a suite: the step between an agent and its figures."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...core.suite import Suite
from ...core.types import Agent
from ...mazes.maze import Maze
from .runner import TrialLog, evaluate


@dataclass(frozen=True, eq=False)
class TrialSet:
    """N trials of K episodes on the tasks of a suite.

    Attributes:
        suite: The suite, with its split and number of episodes.
        log: Every step of the trials.
        sampler: The set of tasks that `log.tasks` refers to; mazes in the maze suite.
    """

    suite: Any
    log: TrialLog
    sampler: Any

    @cached_property
    def mazes(self) -> list[Maze]:
        """The maze of each trial, N of them; of suites of mazes."""
        return [self.sampler[task] for task in self.log.tasks.tolist()]

    @cached_property
    def shortest(self) -> np.ndarray:
        """Steps of the shortest paths, [N, K] int64; of suites of mazes."""
        return self.suite.shortest_lengths(self.mazes)


def run_trials(
    agent: Any,
    suite: Suite,
    num_trials: int,
    seed: int,
    engine: Any,
    num_envs: int = 32,
    progress: bool | Callable[[int], object] = False,
) -> TrialSet:
    """Run an agent through one trial on each of `num_trials` tasks.

    Args:
        agent: Agent to evaluate; a network is moved to the environments' device.
        suite: Suite whose tasks it acts on; its set must hold at least `num_trials` tasks.
        num_trials: N.
        seed: Seed of the agent's actions, and of the tasks and environments of tabular suites.
        engine: Settings of the simulator of mazes; other suites ignore them.
        num_envs: Most environments at a time.
        progress: See `eval.trials.runner.evaluate`.
    """
    trial = suite.evaluation_trial(num_trials, num_envs, engine, seed)
    with closing(trial.env):
        log = evaluate(_on(agent, trial.env.device), trial, num_trials, seed, progress)
    return TrialSet(suite, log, trial.sampler)


def _on(agent: Any, device: Any) -> Agent:
    """The agent on a device, if it is a network."""
    return agent.to(device) if hasattr(agent, "to") else agent
