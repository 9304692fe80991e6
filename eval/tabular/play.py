"""Playing one trial in every environment of a tabular suite."""

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from ...core.trial import Trial
from ...core.types import Agent


@torch.no_grad()
@parametrize.cached()
def play(agent: Agent, trial: Trial, horizon: int, seed: int) -> Tensor:
    """Plays one trial in every environment.

    All episodes have the same length, so that no step waits for the device.

    Args:
        agent: The agent.
        trial: Trials whose episodes all last `horizon` steps.
        horizon: Steps of an episode.
        seed: Seed of tasks and actions.

    Returns:
        Reward of each episode, [K, B] float32.
    """
    env = trial.env
    rng = torch.Generator(device=env.device).manual_seed(seed)
    carry = agent.initial_carry(env.num_envs)
    timestep = trial.reset(seed)
    earned = torch.zeros(trial.episodes_per_trial, env.num_envs, device=env.device)
    for episode in earned:
        for _ in range(horizon):
            action, carry, _ = agent.act(carry, timestep, rng)
            timestep, outcome = trial.step(action)
            episode += outcome.reward
    return earned
