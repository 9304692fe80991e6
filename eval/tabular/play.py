"""Playing one trial in every environment of a tabular suite."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from ...agents.networks.actor_critic import ActorCritic
from ...core.random import seeding
from ...core.trial import Trial
from ...core.types import Agent, KnownOptimum


class Played(NamedTuple):
    """Results of one trial of K episodes in B environments."""

    reward: Tensor  # [K, B] float32, reward of each episode
    regret: Tensor  # [K, B] float32, its regret, see `core.types.KnownOptimum`


@torch.no_grad()
@parametrize.cached()
def play(agent: Agent, trial: Trial, horizon: int, seed: int) -> Played:
    """Plays one trial in every environment.

    All episodes have the same length, so that no step waits for the device.

    Args:
        agent: The agent.
        trial: Trials whose episodes all last `horizon` steps, in environments with a known optimum.
        horizon: Steps of an episode.
        seed: Seed of tasks and actions.
    """
    env = trial.env
    assert isinstance(env, KnownOptimum)
    rng = torch.Generator(device=env.device).manual_seed(seed + seeding.ACTIONS)
    carry = agent.initial_carry(env.num_envs)
    options = {"cache": agent.make_cache()} if isinstance(agent, ActorCritic) else {}
    timestep = trial.reset(seed)
    size = (trial.episodes_per_trial, env.num_envs)
    played = Played(torch.zeros(size, device=env.device), torch.zeros(size, device=env.device))
    for reward, regret in zip(*played, strict=True):
        for _ in range(horizon):
            action, carry, _ = agent.act(carry, timestep, rng, **options)
            regret += env.regret(action)
            timestep, outcome = trial.step(action)
            reward += outcome.reward
    return played
