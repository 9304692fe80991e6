"""How a new policy compares with the one that made a rollout, over the whole rollout."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.shapes import Float, Int64
from ..networks.rl2_agent import RL2Agent
from ..rollouts.rollout import Rollout, take_copies
from ..runtime.distributed import global_mean


class Comparison(NamedTuple):
    """Of two policies, as means over a rollout's steps."""

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
    """The policy that made a rollout; to be built before its weights change.

    A rollout keeps the log-probabilities of the actions that were taken; a divergence needs those
    of all actions, which are worked out again here.

    Attributes:
        log_probs: [T, B, A] float32.

    Args:
        agent: Whose weights change from now on.
        rollout: What it did.
        advantage: [T, B] float32, standardised.
        num_parts: Parts of the copies to go through one after another; bounds memory.
    """

    def __init__(self, agent: RL2Agent, rollout: Rollout, advantage: Tensor, num_parts: int):
        self.agent = agent
        self.rollout = rollout
        self.advantage = advantage
        copies = torch.arange(advantage.shape[1], device=advantage.device)
        self.parts = copies.tensor_split(min(num_parts, len(copies)))
        self.log_probs = torch.cat(self._forward(), dim=1)

    @torch.no_grad()
    def _forward(self) -> list[Tensor]:
        """The present policy's log-probabilities, [T, b, A] per part."""
        return [self.agent(*take_copies(self.rollout, copies)).log_probs for copies in self.parts]

    def compare(self) -> Comparison:
        """The policy that the agent's present weights make, against the old one."""
        new = torch.cat(self._forward(), dim=1)
        action = self.rollout.action
        log_ratio = action_log_prob(new, action) - action_log_prob(self.log_probs, action)
        gain = (log_ratio.expm1() * self.advantage).mean()
        kl = mean_kl(self.log_probs, new)
        return Comparison(*global_mean(torch.stack((gain, kl))).tolist())
