"""Statistics of the episodes and trials that ended in a rollout."""

from typing import Any

import torch
from torch import Tensor

from ...core.shapes import Bool, Float
from ..learners.returns import decayed_sum
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean

MOST_EPISODES = 5  # first episodes of a trial that have statistics of their own


def running_sum(
    x: Float[Tensor, "time batch"], ends: Bool[Tensor, "time batch"], carried: Float[Tensor, " b"]
) -> tuple[Float[Tensor, "time batch"], Float[Tensor, " b"]]:
    """Sum of x since the last end.

    Args:
        x: Summands.
        ends: Last step of a segment, which it belongs to.
        carried: Sum of the segment that began before the first step.

    Returns:
        The sum up to and including each step, and the sum to carry into the next rollout.
    """
    continues = torch.cat((torch.ones_like(carried[None]), 1.0 - ends[:-1].float()))
    x = torch.cat(((x[0] + carried)[None], x[1:]))
    total = decayed_sum(x, continues)
    return total, total[-1] * ~ends[-1]


class EpisodeStatistics:
    """Follows episodes and trials across rollouts.

    Args:
        num_envs: B.
        num_episodes: Episodes of a trial to follow, at most `MOST_EPISODES` of them.
        device: Of the rollouts.
    """

    def __init__(self, num_envs: int, num_episodes: int, device: torch.device):
        self.num_episodes = min(num_episodes, MOST_EPISODES)
        self.length = torch.zeros(num_envs, device=device)
        self.trial_return = torch.zeros(num_envs, device=device)

    @property
    def names(self) -> list[str]:
        """Names of all statistics, of which `update` may lack some."""
        episodes = range(1, self.num_episodes + 1)
        return ["trial_return", *(f"{x}_{k}" for k in episodes for x in ("success", "length"))]

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Means over the episodes and trials that ended in this rollout, in any process.

        Returns:
            `trial_return`, and for each of a trial's first episodes k, from 1: `success_k`, the
            share that succeeded, and `length_k`, the mean steps of those. Means over nothing are
            absent.
        """
        ones = torch.ones_like(rollout.reward)
        length, self.length = running_sum(ones, rollout.done | rollout.crashed, self.length)
        trial_return, self.trial_return = running_sum(
            rollout.reward, rollout.trial_done, self.trial_return
        )
        means = {"trial_return": _over(rollout.trial_done & ~rollout.crashed, trial_return)}
        for k in range(self.num_episodes):
            ended = rollout.done & (rollout.episode == k)
            means[f"success_{k + 1}"] = _over(ended, rollout.success)
            means[f"length_{k + 1}"] = _over(ended & rollout.success, length)
        # One wait for the device and one exchange between processes for all of them.
        sums = global_mean(torch.stack(list(means.values()))).tolist()
        return {
            name: total / count
            for name, (total, count) in zip(means, sums, strict=True)
            if count > 0
        }

    def state_dict(self) -> dict[str, Any]:
        """Sums of the episodes and trials in progress."""
        return {"length": self.length, "trial_return": self.trial_return}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a `state_dict`."""
        self.length = state["length"].to(self.length.device)
        self.trial_return = state["trial_return"].to(self.length.device)


def _over(mask: Tensor, x: Tensor) -> Tensor:
    """Sum of x where the mask is set, and the mask's count: [2] float64."""
    return torch.stack(((x.double() * mask).sum(), mask.double().sum()))
