"""From settings to a running environment, whichever the suite."""

from typing import Any

import torch

from bandits.env import BanditEnv
from bandits.tasks import BanditSuite
from mazes.suite import MazeSuite
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
        device: Of a tabular suite; simulators have settings of their own.
        seed: Of a tabular environment's chance.

    Returns:
        The environment and the sampler of its tasks.
    """
    if isinstance(suite, MazeSuite):
        return suite.build(engine, num_envs)
    environment = BanditEnv if isinstance(suite, BanditSuite) else MDPEnv
    return environment(suite, num_envs, device, seed), suite  # type: ignore[arg-type]
