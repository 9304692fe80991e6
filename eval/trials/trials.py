"""Trials of an agent on a suite: the step between an agent and its figures."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ...agents.networks.actor_critic import ActorCritic
from ...core.errors import UserError
from ...core.suite import Suite
from ...mazes.maze import Maze
from ..adapters.checked import CheckedAgent
from .runner import TrialLog, evaluate


@dataclass(frozen=True, eq=False)
class Trials:
    """N trials of K episodes that an agent has run on the tasks of a suite.

    Attributes:
        suite: The suite, with its split and number of episodes.
        log: Every action, reward and pose, see `eval.trials.runner.TrialLog`.
        sampler: The set of tasks that `log.tasks` are indices into; in mazes, the mazes.
        reset: The same trials with the agent's memory reset at every episode, if they were run.
    """

    suite: Any  # a `core.suite.Suite`
    log: TrialLog
    sampler: Any
    reset: TrialLog | None = None

    @property
    def length(self) -> np.ndarray:
        """[N, K] int64, steps of each episode; a failed episode has the horizon's."""
        return self.log.length

    @property
    def success(self) -> np.ndarray:
        """[N, K] bool, whether the episode reached the target."""
        return self.log.success

    @property
    def episode_return(self) -> np.ndarray:
        """[N, K] float32, undiscounted sum of rewards."""
        return self.log.episode_return

    @cached_property
    def mazes(self) -> list[Maze]:
        """The maze of each trial, N of them.

        Raises:
            UserError: The trials are not of mazes.
        """
        if not self.suite.has_success:
            raise UserError(f"only mazes have paths and films; the suite is {self.suite.name}")
        return [self.sampler[task] for task in self.log.tasks.tolist()]

    @cached_property
    def shortest(self) -> np.ndarray:
        """[N, K] int64, steps of the shortest path; in mazes only, see `mazes`."""
        suite: Any = self.suite
        return suite.shortest_lengths(self.mazes)


def run_trials(
    agent: Any,
    suite: Suite,
    num_trials: int,
    seed: int,
    engine: Any,
    num_envs: int = 32,
    device: torch.device | None = None,
    progress: bool | Callable[[int], object] = False,
) -> Trials:
    """Run an agent through one trial on each of `num_trials` tasks.

    Args:
        agent: Agent to evaluate, see `core.types.Agent`; a network is moved to the device. An
            agent of another class is checked at every step.
        suite: Suite whose tasks it acts on; a set of mazes must hold at least `num_trials`.
        num_trials: N.
        seed: Seed of the agent's actions, and of the tasks and environments of tabular suites.
        engine: Settings of the simulator of mazes; other suites ignore them.
        num_envs: Most environments at a time; tabular suites run all trials at once.
        device: Device of the environments; None for the default of suite and engine.
        progress: See `eval.trials.runner.evaluate`.

    Raises:
        UserError: The agent cannot act in the suite, or does wrong, see `eval.adapters.checked`.
    """
    if isinstance(agent, ActorCritic):
        agent = agent.for_spaces(suite.spaces)
    elif not isinstance(agent, CheckedAgent):
        agent = CheckedAgent(agent, suite.spaces)
    trial = suite.evaluation_trial(num_trials, num_envs, engine, seed, device)
    with closing(trial.env):
        actor: Any = agent.to(trial.env.device)
        log = evaluate(actor, trial, num_trials, seed, progress)
    return Trials(suite, log, trial.sampler)
