"""Advantages and value targets of a rollout: generalised advantage estimation over trials.

RL² maximises the return of a whole trial, so credit flows across the ends of episodes: reaching
the target quickly in episode 2 rewards exploring in episode 1. Only the end of a trial cuts it.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...core.shapes import Bool, Float
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean
from .base import ReturnSettings


def decayed_sum(
    x: Float[Tensor, "time batch"], decay: Float[Tensor, "time batch"]
) -> Float[Tensor, "time batch"]:
    """y_t = x_t + decay_t y_{t-1}, with y = 0 before the first step.

    A parallel scan (Hillis and Steele 1986): the number of steps that each sum covers doubles with
    every round. A loop would be one small operation per step, and on a GPU mostly kernel launches.
    """
    total, reach = x.clone(), decay.clone()
    shift = 1
    while shift < len(x):
        total[shift:] += reach[shift:] * total[:-shift]
        reach = torch.cat((reach[:shift], reach[shift:] * reach[:-shift]))
        shift *= 2
    return total


def gae(
    reward: Float[Tensor, "time batch"],
    value: Float[Tensor, "time batch"],
    trial_done: Bool[Tensor, "time batch"],
    crashed: Bool[Tensor, "time batch"],
    last_value: Float[Tensor, " batch"],
    gamma: float,
    gae_lambda: float,
) -> Float[Tensor, "time batch"]:
    """Generalised advantage estimation (Schulman et al. 2016, equation 16) over trials.

    A_t = sum_l (gamma lambda)^l delta_{t+l} up to the end of the trial, where
    delta_t = r_t + gamma V_{t+1} - V_t.

    Args:
        reward: r_t.
        value: V_t.
        trial_done: Where a trial ended; V = 0 after it.
        crashed: Where the simulator crashed, which also ends the trial; delta = 0 there, since the
            rest of the trial is unknown.
        last_value: V after the last step.
        gamma: Discount.
        gae_lambda: Lambda.

    Returns:
        Advantages. Returns, the targets of the value, are `advantage + value`.
    """
    continues = 1.0 - trial_done.float()
    next_value = torch.cat((value[1:], last_value[None])) * continues
    delta = (reward + gamma * next_value - value) * ~crashed
    reversed_sums = decayed_sum(delta.flip(0), (gamma * gae_lambda * continues).flip(0))
    return reversed_sums.flip(0)


class Targets(NamedTuple):
    """Targets of policy and value, per step of a rollout."""

    advantage: Tensor  # [T, B] float32, standardised over the rollouts of all processes
    value: Tensor  # [T, B] float32, returns in the value head's units


class TargetMaker:
    """Computes targets, and keeps the value head's units up to date.

    Returns are learned in units of their own running mean and standard deviation: without that,
    the long trials of mazes and MDPs are hardly learned. Whether a change of
    units changes predictions is the agent's choice, see `ActorCritic.set_value_units`.

    Args:
        agent: Its value head is learning.
        settings: Of advantages and of the running statistics.
    """

    def __init__(self, agent: ActorCritic, settings: ReturnSettings):
        self.agent = agent
        self.settings = settings
        self._mean = 0.0
        self._square = 0.0
        self._num_updates = 0

    def __call__(self, rollout: Rollout) -> tuple[Targets, dict[str, float]]:
        """The targets, and the share of the returns' variance that the values explain."""
        s, agent = self.settings, self.agent
        advantage = gae(
            reward=rollout.training_reward,
            value=rollout.value,
            trial_done=rollout.trial_done,
            crashed=rollout.crashed,
            last_value=rollout.last_value,
            gamma=s.gamma,
            gae_lambda=s.gae_lambda,
        )
        returns = advantage + rollout.value
        valid = (~rollout.crashed).double()  # steps at which a simulator crashed count for nothing
        sums = [valid.sum()]
        for x in (returns, advantage):
            sums += [(x * valid).sum(), (x.square() * valid).sum()]
        count, *totals = global_mean(torch.stack(sums)).tolist()
        means = [total / max(count, 1e-8) for total in totals]
        mean, square, advantage_mean, advantage_square = means
        if s.normalise_values:
            self._track(mean, square)
        advantage_variance = max(advantage_square - advantage_mean**2, 0.0)
        standardised = (advantage - advantage_mean) / (advantage_variance**0.5 + 1e-8)
        targets = Targets(
            advantage=standardised.masked_fill(rollout.crashed, 0.0),
            value=(returns - agent.value_mean) / agent.value_std,
        )
        variance = max(square - mean**2, 1e-8)
        return targets, {"explained_variance": 1 - advantage_variance / variance}

    def _track(self, mean: float, square: float) -> None:
        decay = self.settings.value_norm_decay
        self._mean = decay * self._mean + (1 - decay) * mean
        self._square = decay * self._square + (1 - decay) * square
        self._num_updates += 1
        self.set_units()

    def set_units(self) -> None:
        """Set the value head's units to those of the returns seen so far, if there were any."""
        if not self._num_updates:
            return
        unbias = 1 - self.settings.value_norm_decay**self._num_updates
        mean = self._mean / unbias
        std = max(self._square / unbias - mean**2, 1e-4) ** 0.5
        self.agent.set_value_units(mean, std)

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"mean": self._mean, "square": self._square, "num_updates": self._num_updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a `state_dict`."""
        self._mean, self._square = state["mean"], state["square"]
        self._num_updates = state["num_updates"]
