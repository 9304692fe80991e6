"""The trials of a training."""

from typing import Any

import torch

from ...core.split_trial import SplitTrial
from ...core.suite import Suite
from ...core.trial import Trial


def build_trial(
    suite: Suite, engine: Any, num_envs: int, device: torch.device, seed: int
) -> Trial | SplitTrial:
    """Start the environments of a training.

    Engines that feed a GPU are split into two halves: one steps while the GPU is busy with the
    other (`agents.rollouts.double_buffered`).

    Args:
        suite: The family of tasks.
        engine: Settings of the maze simulator; the tabular suites have none.
        num_envs: B.
        device: Device of the agent.
        seed: Seed of a tabular environment's randomness.
    """
    num_episodes = suite.episodes_per_trial
    if device.type == "cuda" and num_envs % 2 == 0:
        built = suite.build_halves(num_envs // 2, engine)
        if built is not None:
            envs, sampler = built
            return SplitTrial([Trial(env, sampler, num_episodes) for env in envs])
    env, sampler = suite.build(num_envs, device, engine, seed)
    return Trial(env, sampler, num_episodes)
