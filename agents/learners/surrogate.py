"""Comparison of a new policy with the policy that made a rollout, over the whole rollout."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.shapes import Float, Int64
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean


class Comparison(NamedTuple):
    """A new policy against the old one, in means over a rollout's steps."""

    gain: float  # in the surrogate: mean (new / old - 1) x advantage; 0 for the old policy itself
    kl: float  # mean KL(old || new), nats


def action_log_prob(
    log_probs: Float[Tensor, "time batch actions"], action: Int64[Tensor, "time batch"]
) -> Float[Tensor, "time batch"]:
    """Log-probabilities of the actions that were taken."""
    return log_probs.gather(-1, action[..., None]).squeeze(-1)


def mean_kl(
    old: Float[Tensor, "time batch actions"], new: Float[Tensor, "time batch actions"]
) -> Float[Tensor, ""]:
    """Mean KL(old || new), exact, from log-probabilities of all actions."""
    return (old.exp() * (old - new)).sum(-1).mean()


class OldPolicy:
    """The policy that made a rollout; build it before the weights change.

    A rollout stores log-probabilities of the actions that were taken. A KL divergence needs those
    of all actions, which are recomputed here.

    Attributes:
        log_probs: [T, B, A] float32.

    Args:
        agent: Its weights change after this.
        rollout: Made by the agent.
        advantage: [T, B] float32, standardised.
        num_parts: Parts of the environments that are processed in turn; bounds memory.
    """

    def __init__(self, agent: ActorCritic, rollout: Rollout, advantage: Tensor, num_parts: int):
        self.agent = agent
        self.rollout = rollout
        self.advantage = advantage
        envs = torch.arange(advantage.shape[1], device=advantage.device)
        self.parts = envs.tensor_split(min(num_parts, len(envs)))
        self.log_probs = torch.cat(self._forward(), dim=1)

    @torch.no_grad()
    def _forward(self) -> list[Tensor]:
        """Log-probabilities under the present weights, [T, b, A] per part."""
        return [self.agent(*self.rollout.take_envs(envs)).log_probs for envs in self.parts]

    def compare(self) -> Comparison:
        """Compare the policy of the agent's present weights with the old one."""
        new = torch.cat(self._forward(), dim=1)
        action = self.rollout.action
        log_ratio = action_log_prob(new, action) - action_log_prob(self.log_probs, action)
        gain = (log_ratio.expm1() * self.advantage).mean()
        kl = mean_kl(self.log_probs, new)
        return Comparison(*global_mean(torch.stack((gain, kl))).tolist())
