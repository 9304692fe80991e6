"""From settings to a running environment, whichever the suite."""

from dataclasses import replace
from typing import Any

import torch

from bandits.env import BanditEnv
from bandits.tasks import BanditSuite
from mazes.suite import MazeSuite
from mazes.twin.twin import TwinSettings
from mdps.env import MDPEnv
from mdps.tasks import MDPSuite
from trials.types import BatchedEnv, TaskSampler


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
    return environment(suite, num_envs, device, seed), suite  # type: ignore[arg-type]
