"""From settings to a running environment and its trials, whichever the suite."""

from dataclasses import replace
from typing import Any

import torch

from ..bandits.env import BanditEnv
from ..bandits.suite import BanditSuite
from ..core import seeding
from ..core.split_trial import SideBySide
from ..core.trial import Trial
from ..core.types import BatchedEnv, TaskSampler
from ..mazes.doom.pool import EngineSettings
from ..mazes.suite import MazeSuite
from ..mazes.twin.twin import TwinSettings
from ..mdps.env import MDPEnv
from ..mdps.suite import MDPSuite


def build_env(
    suite: MazeSuite | BanditSuite | MDPSuite,
    engine: Any,
    num_envs: int,
    device: torch.device,
    seed: int,
) -> tuple[BatchedEnv, TaskSampler]:
    """Starts the copies of a suite's environment.

    Args:
        suite: What to play.
        engine: Which simulator of mazes; the tabular suites have none.
        num_envs: Copies.
        device: The agent's, of a tabular suite and of a twin whose device is auto.
        seed: Of a tabular environment's chance.

    Returns:
        The environment and the sampler of its tasks.
    """
    if isinstance(suite, MazeSuite):
        if isinstance(engine, TwinSettings) and engine.device == "auto":
            engine = replace(engine, device=device.type)
        return suite.build(engine, num_envs)
    environment = BanditEnv if isinstance(suite, BanditSuite) else MDPEnv
    env = environment(suite, num_envs, device, seed + seeding.CHANCE)  # type: ignore[arg-type]
    return env, suite


def build_trial(
    suite: MazeSuite | BanditSuite | MDPSuite,
    engine: Any,
    num_envs: int,
    device: torch.device,
    seed: int,
) -> Trial | SideBySide:
    """Starts the copies for a training; arguments as of `build_env`.

    Engines that feed a GPU play in two halves, one of which steps while the GPU is busy with the
    other (`agents.rollouts.double_buffered`).
    """
    num_episodes = suite.episodes_per_trial
    by_turns = device.type == "cuda" and num_envs % 2 == 0
    if by_turns and isinstance(suite, MazeSuite) and isinstance(engine, EngineSettings):
        pools, mazes = suite.build_two(engine, num_envs // 2)
        return SideBySide([Trial(pool, mazes, num_episodes) for pool in pools])
    env, sampler = build_env(suite, engine, num_envs, device, seed)
    return Trial(env, sampler, num_episodes)
