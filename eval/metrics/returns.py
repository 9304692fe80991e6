"""Total reward of a trial: the figures of suites whose episodes neither succeed nor fail.

Means are over tasks, with standard errors. The tasks of an evaluation are those of `rl2 tables`
with the same seed and number, so that an agent can be compared with every algorithm there.

A mean reward depends on the luck of the tasks: the best arms of one sample pay more than those of
another. The return by regret is without it: the expectation, over all tasks, of the reward of the
best policy that knows the task, less the mean regret of the actions taken. Its expectation is that
of the mean reward, and its standard error is the smaller the less regret there is.
"""

import math
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...core.tabular.suite import TabularSuite
from ..trials.runner import TrialLog

BLOCKS = 25  # points of a curve at most; each is the mean over a block of episodes
Z = 1.96  # standard errors to either side of a 95 % interval


class Curve(NamedTuple):
    """Means over tasks by block of episodes, with standard errors."""

    episode: list[float]  # last episode of the block, counted from 1
    reward: list[float]  # mean reward of an episode of the block
    reward_se: list[float]
    regret: list[float]  # from the first episode on: the ceiling less the reward
    regret_se: list[float]


def returns(log: TrialLog, suite: TabularSuite) -> dict[str, Any]:
    """Compute the figures of a log of a tabular suite, ready for JSON.

    Args:
        log: N trials, with rewards.
        suite: The suite.

    Returns:
        `mean`, `se`, `mean_ci`: total reward of a trial. `by_regret`, `by_regret_se`: the same by
        regret; None if the suite does not know the expected optimum. `ceiling`: that of the best
        policy that knows the task. `curve`: mean reward of an episode by block of episodes.
        `published`: printed results of the same tasks.
    """
    earned = rewards_by_episode(log)
    mean, se = mean_and_error(earned.sum(0))
    curve = curve_of(earned, suite.ceiling(log.tasks))
    assert log.regret is not None
    regret = torch.from_numpy(log.regret).view(len(log.length), -1).sum(1)
    by_regret = return_by_regret(regret, suite)
    return {
        "row": suite.name,
        "trials": earned.shape[1],
        "mean": mean,
        "se": se,
        "mean_ci": [mean - Z * se, mean + Z * se],
        "by_regret": by_regret.mean,
        "by_regret_se": by_regret.se,
        "ceiling": mean + curve.regret[-1],
        "curve": {key: getattr(curve, key) for key in ("episode", "reward", "reward_se")},
        "published": [asdict(each) for each in suite.published()],
    }


class ByRegret(NamedTuple):
    """Return by regret and its standard error; both None where the optimum is not known."""

    mean: float | None = None
    se: float | None = None


def return_by_regret(regret: Tensor, suite: TabularSuite) -> ByRegret:
    """Total reward of a trial without the luck of the tasks.

    Args:
        regret: [N] float32, regret of each trial, see `core.types.KnownOptimum`.
        suite: The suite of the trials.

    Returns:
        The expected optimum less the mean regret. The standard error is of both.
    """
    optimum = suite.expected_optimum()
    if optimum is None:
        return ByRegret()
    mean, se = mean_and_error(regret)
    return ByRegret(optimum[0] - mean, math.hypot(se, optimum[1]))


def rewards_by_episode(log: TrialLog) -> Tensor:
    """Reward of each episode, [K, N] float32; all episodes must have the same length."""
    assert log.rewards is not None
    by_step = log.rewards.reshape(*log.length.shape, -1)  # [N, K, T]
    earned = np.zeros(log.length.shape, dtype=np.float32)
    for step in range(by_step.shape[-1]):  # in the order of time, as `eval.tabular.play` adds up
        earned += by_step[..., step]
    return torch.from_numpy(np.ascontiguousarray(earned.T))


def curve_of(earned: Tensor, ceiling: Tensor) -> Curve:
    """Reward and regret over the episodes of a trial.

    Args:
        earned: [K, N] float32, reward by episode and task.
        ceiling: [N] float32, mean reward of an episode under the best policy that knows the task.
    """
    ends = sorted({round((i + 1) * len(earned) / BLOCKS) for i in range(BLOCKS)} - {0})
    rewards, regrets, begin = [], [], 0
    so_far = torch.zeros_like(ceiling)
    for end in ends:
        block = earned[begin:end]
        so_far = so_far + block.sum(0)
        rewards.append(mean_and_error(block.mean(0)))
        regrets.append(mean_and_error(end * ceiling - so_far))
        begin = end
    return Curve(
        [float(end) for end in ends],
        [reward for reward, _ in rewards],
        [error for _, error in rewards],
        [regret for regret, _ in regrets],
        [error for _, error in regrets],
    )


def mean_and_error(sample: Tensor) -> tuple[float, float]:
    """Mean and standard error of a sample [N]."""
    return sample.mean().item(), (sample.std() / len(sample) ** 0.5).item()
