"""Heads of the exchangeable agent: they score actions by what they read, not by their number."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....core.shapes import Float, Int64
from ..layers import orthogonal
from .rows import pool_hidden, pool_rows, score_rows

CLOCK_FEATURES = 5


class HeadInputs(NamedTuple):
    """Inputs of the heads: rows of a table of pairs' features, by step, and what is pooled."""

    table: Tensor  # [R, F] float32, features of pairs
    for_policy: Tensor  # [R, width] float32, `PolicyHead.row` of the table
    for_value: Tensor  # [R, width] float32, `ValueHead.row` of the table
    index: Tensor  # [N, A] int64, rows of the present state's actions
    num_pairs: int
    overall: tuple[Tensor, Tensor]  # [N, F] float32 each, mean and maximum over all pairs
    clock: Tensor  # [N, CLOCK_FEATURES] float32, see `clock_features`

    def context(self) -> Float[Tensor, "steps context"]:
        """Features that all actions of a step share, `num_context` of them."""
        everything = self.index.shape[1] == self.num_pairs
        pooled = self.overall if everything else pool_rows(self.table, self.index)
        return torch.cat((*pooled, *self.overall, self.clock), -1)


def num_context(num_features: int) -> int:
    """Size of `HeadInputs.context` for F features of a pair."""
    return 4 * num_features + CLOCK_FEATURES


def clock_features(
    step: Int64[Tensor, "*steps"], steps_per_trial: int, steps_per_episode: int
) -> Float[Tensor, "*steps clock"]:
    """Numbers of about unit scale that tell the steps done and left.

    Args:
        step: Number of the step in the trial, from 0.
        steps_per_trial: Steps of a trial; later steps count as its last one.
        steps_per_episode: Steps of an episode.
    """
    left = (steps_per_trial - step).clamp(min=1).float()
    left_in_episode = (steps_per_episode - step % steps_per_episode).float()
    features = (
        left / steps_per_trial,
        left.log() / 6,
        step.float().log1p() / 6,
        left_in_episode / steps_per_episode,
        1 / left_in_episode,
    )
    return torch.stack(features, -1)


class PolicyHead(nn.Module):
    """Scores each action of the present state by its features and the context.

    Args:
        num_features: F, of a pair.
        width: Hidden units.
    """

    def __init__(self, num_features: int, width: int):
        super().__init__()
        self.context = nn.Sequential(
            nn.Linear(num_context(num_features), width), nn.ReLU(), nn.Linear(width, width)
        )
        self.row = nn.Linear(num_features, width, bias=False)
        self.score = nn.Parameter(torch.zeros(width))  # the first policy is uniform

    def forward(
        self, projected: Tensor, index: Tensor, context: Tensor
    ) -> Float[Tensor, "steps actions"]:
        """Log-probabilities of the actions.

        Args:
            projected: [R, width], `row` of the table.
            index: [N, A], rows of each step's actions.
            context: [N, num_context].
        """
        return score_rows(projected, index, self.context(context), self.score).log_softmax(-1)


class ValueHead(nn.Module):
    """The value, from the same features and in training from privileged ones.

    Args:
        num_features: F, of a pair.
        width: Hidden units.
        per_action: Privileged features of each action.
        common: Further privileged features.
    """

    def __init__(self, num_features: int, width: int, per_action: int, common: int):
        super().__init__()
        self.row = nn.Linear(num_features, width)
        self.per_action = nn.Parameter(torch.empty(per_action, width))
        self.common = nn.Linear(common, width, bias=False) if common else None
        nn.init.normal_(self.per_action, std=num_features**-0.5)
        self.hidden = nn.Linear(num_context(num_features) + 2 * width + common, 64)
        self.out = orthogonal(nn.Linear(64, 1), gain=0.1)

    def forward(
        self, projected: Tensor, index: Tensor, context: Tensor, privileged: Tensor | None
    ) -> Float[Tensor, " steps"]:
        """Values, in the units of the agent's `value_mean` and `value_std`.

        Args:
            projected: [R, width], `row` of the table.
            index: [N, A], rows of each step's actions.
            context: [N, num_context].
            privileged: [N, A * per_action + common]; None where the value takes none.
        """
        num_steps, num_actions = index.shape
        num_blocks = len(self.per_action)
        shared = context.new_zeros(num_steps, projected.shape[1])
        parts = [context]
        if privileged is None:
            blocks = context.new_empty(num_steps, num_actions, 0)
        else:
            split = num_actions * num_blocks
            blocks = privileged[:, :split].unflatten(-1, (num_blocks, num_actions)).mT
            if self.common is not None:
                parts.append(privileged[:, split:])
                shared = self.common(parts[-1])
        parts += pool_hidden(projected, index, blocks, self.per_action, shared)
        return self.out(self.hidden(torch.cat(parts, -1)).tanh()).squeeze(-1)
