"""How the episodes and trials that ended in a rollout went."""

from typing import Any

import torch
from torch import Tensor

from ...core.shapes import Bool, Float
from ..learners.running_sums import decayed_sum
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean

MOST_EPISODES = 5  # of a trial, from its first, that are followed one by one


def running_sum(
    x: Float[Tensor, "time batch"], ends: Bool[Tensor, "time batch"], carried: Float[Tensor, " b"]
) -> tuple[Float[Tensor, "time batch"], Float[Tensor, " b"]]:
    """Sums x since the step after the last end.

    Args:
        x: What to sum.
        ends: Where a stretch ends; x there still belongs to it.
        carried: The sum of the stretch that began before the first step.

    Returns:
        The sum up to and including each step, and what to carry on.
    """
    goes_on = torch.cat((torch.ones_like(carried[None]), 1.0 - ends[:-1].float()))
    x = torch.cat(((x[0] + carried)[None], x[1:]))
    total = decayed_sum(x, goes_on)
    return total, total[-1] * ~ends[-1]


class EpisodeStatistics:
    """Follows episodes and trials across rollouts; one number each per rollout."""

    def __init__(self, num_envs: int, episodes_per_trial: int, device: torch.device):
        self.episodes_followed = min(episodes_per_trial, MOST_EPISODES)
        self.length = torch.zeros(num_envs, device=device)
        self.trial_return = torch.zeros(num_envs, device=device)

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Means over what ended in this rollout, in any process; what did not end is absent.

        Returns:
            `trial_return`, and for each of a trial's first episodes k, from 1: `success_k`, the
            share that reached an end of its own, and `length_k`, the mean steps of those that did.
        """
        ones = torch.ones_like(rollout.reward)
        length, self.length = running_sum(ones, rollout.done | rollout.crashed, self.length)
        earned, self.trial_return = running_sum(
            rollout.reward, rollout.trial_done, self.trial_return
        )
        means = {"trial_return": _over(rollout.trial_done & ~rollout.crashed, earned)}
        for k in range(self.episodes_followed):
            ended = rollout.done & (rollout.episode == k)
            means[f"success_{k + 1}"] = _over(ended, rollout.success)
            means[f"length_{k + 1}"] = _over(ended & rollout.success, length)
        # One wait for the device, and one exchange between processes, for all of them.
        sums = global_mean(torch.stack(list(means.values()))).tolist()
        return {
            name: total / count
            for name, (total, count) in zip(means, sums, strict=True)
            if count > 0
        }

    def state_dict(self) -> dict[str, Any]:
        """What began and has not ended."""
        return {"length": self.length, "trial_return": self.trial_return}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` gave."""
        self.length = state["length"].to(self.length.device)
        self.trial_return = state["trial_return"].to(self.length.device)


def _over(mask: Tensor, x: Tensor) -> Tensor:
    """Sum of x where the mask is set, and how often it is: [2] float64."""
    return torch.stack(((x.double() * mask).sum(), mask.double().sum()))
