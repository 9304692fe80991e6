"""What a rollout asks of the policy and of the value head."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..networks.rl2_agent import RL2Agent
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean
from .base import ReturnSettings
from .gae import gae


class Targets(NamedTuple):
    """Per step of a rollout."""

    advantage: Tensor  # [T, B] float32, standardised over the rollouts of all processes
    value: Tensor  # [T, B] float32, returns in the value head's units


class TargetMaker:
    """Works out targets, and keeps the value head's units up to date.

    Returns are learnt in units of their own running mean and deviation: without that, the long
    trials of mazes and MDPs hardly learn. When the units change, the head's weights are changed
    along (as in PopArt, van Hasselt et al. 2016), so that no prediction does.

    Args:
        agent: Whose value head it is.
        settings: Of advantages and of the running figures.
    """

    def __init__(self, agent: RL2Agent, settings: ReturnSettings):
        self.agent = agent
        self.settings = settings
        self._mean = 0.0
        self._square = 0.0
        self._num_updates = 0

    def __call__(self, rollout: Rollout) -> tuple[Targets, dict[str, float]]:
        """The targets, and the share of the returns' variance that the values foretold."""
        s, agent = self.settings, self.agent
        advantage = gae(
            rollout.training_reward,
            rollout.value,
            rollout.trial_done,
            rollout.crashed,
            rollout.last_value,
            s.gamma,
            s.gae_lambda,
        )
        returns = advantage + rollout.value
        kept = (~rollout.crashed).double()  # what a broken simulator cut off has no say in anything
        sums = [kept.sum()]
        for x in (returns, advantage):
            sums += [(x * kept).sum(), (x.square() * kept).sum()]
        count, *totals = global_mean(torch.stack(sums)).tolist()
        mean, square, gain_mean, gain_square = (total / max(count, 1e-8) for total in totals)
        if s.normalise_values:
            self._track(mean, square)
        gain_variance = max(gain_square - gain_mean**2, 0.0)
        standardised = (advantage - gain_mean) / (gain_variance**0.5 + 1e-8)
        targets = Targets(
            advantage=standardised.masked_fill(rollout.crashed, 0.0),
            value=(returns - agent.value_mean) / agent.value_std,
        )
        variance = max(square - mean**2, 1e-8)
        return targets, {"explained_variance": 1 - gain_variance / variance}

    def _track(self, mean: float, square: float) -> None:
        decay = self.settings.value_norm_decay
        self._mean = decay * self._mean + (1 - decay) * mean
        self._square = decay * self._square + (1 - decay) * square
        self._num_updates += 1
        unbias = 1 - decay**self._num_updates
        mean = self._mean / unbias
        std = max(self._square / unbias - mean**2, 1e-4) ** 0.5
        agent, head = self.agent, self.agent.value
        with torch.no_grad():
            head.bias.mul_(agent.value_std).add_(agent.value_mean).sub_(mean).div_(std)
            head.weight.mul_(agent.value_std / std)
            agent.value_mean.fill_(mean)
            agent.value_std.fill_(std)

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"mean": self._mean, "square": self._square, "num_updates": self._num_updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` gave."""
        self._mean, self._square = state["mean"], state["square"]
        self._num_updates = state["num_updates"]
