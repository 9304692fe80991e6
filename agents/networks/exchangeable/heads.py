"""Heads of the exchangeable agent: they score actions by what they read, not by their number."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....core.shapes import Float, Int64
from ..layers import orthogonal
from .rows import pool_hidden, pool_rows, score_rows

CLOCK_FEATURES = 5 + 2  # see `clock_features`, and logarithms of the numbers of actions and states


class HeadInputs(NamedTuple):
    """Inputs of the heads: rows of a table of pairs' features, by step, and what is pooled."""

    table: Tensor  # [R, F] float32, features of pairs
    for_policy: Tensor  # [R, width] float32, `PolicyHead.row` of the table
    for_value: Tensor  # [R, width] float32, `ValueHead.row` of the table
    index: Tensor  # [N, A] int64, rows of the present state's actions
    for_pairs: Tensor  # [R', width] float32, `ValueHead.pair_row` of all pairs' features
    latest: Tensor  # [N, P] int64, rows of all pairs in `for_pairs`
    num_planned: int  # of the F features, at the end of a row; not in `overall`
    overall: tuple[Tensor, Tensor]  # [N, F - planned] float32 each, mean and maximum over all pairs
    clock: Tensor  # [N, CLOCK_FEATURES] float32

    def context(self) -> Float[Tensor, "steps context"]:
        """Features that all actions of a step share."""
        same = self.index.shape[1] == self.latest.shape[1] and self.num_planned == 0
        pooled = self.overall if same else pool_rows(self.table, self.index)
        return torch.cat((*pooled, *self.overall, self.clock), -1)


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
        num_context: Features of the context.
        scale: Of the scores.
    """

    def __init__(self, num_features: int, width: int, num_context: int, scale: float):
        super().__init__()
        self.scale = scale
        self.context = nn.Sequential(
            nn.Linear(num_context, width), nn.ReLU(), nn.Linear(width, width)
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
        score = self.score * self.scale
        return score_rows(projected, index, self.context(context), score).log_softmax(-1)


class ValueHead(nn.Module):
    """The value, from the same features and in training from privileged ones.

    Those of all pairs tell it what the agent still takes for good or bad by mistake.

    Args:
        num_features: F, of a pair of the present state.
        pair_features: Of a pair in `HeadInputs.for_pairs`.
        width: Hidden units.
        num_context: Features of the context.
        per_action: Privileged features of each action.
        common: Further privileged features.
        per_pair: Privileged features of each pair.
    """

    def __init__(
        self,
        num_features: int,
        pair_features: int,
        width: int,
        num_context: int,
        *,
        per_action: int,
        common: int,
        per_pair: int,
    ):
        super().__init__()
        self.row = nn.Linear(num_features, width)
        self.per_action = nn.Parameter(torch.empty(per_action, width))
        self.common = nn.Linear(common, width, bias=False) if common else None
        nn.init.normal_(self.per_action, std=num_features**-0.5)
        self.num_common = common
        size = num_context + 2 * width + common
        self.pair_row = None
        if per_pair:
            self.pair_row = nn.Linear(pair_features, width)
            self.per_pair = nn.Parameter(torch.empty(per_pair, width))
            nn.init.normal_(self.per_pair, std=pair_features**-0.5)
            size += 2 * width
        self.hidden = nn.Linear(size, 64)
        self.out = orthogonal(nn.Linear(64, 1), gain=0.1)

    def forward(
        self, inputs: HeadInputs, context: Tensor, privileged: Tensor | None
    ) -> Float[Tensor, " steps"]:
        """Values, in the units of the agent's `value_mean` and `value_std`.

        Args:
            inputs: See `HeadInputs`.
            context: [N, num_context].
            privileged: [N, A * per_action + common + P * per_pair]; None where the value takes
                none.
        """
        projected, index = inputs.for_value, inputs.index
        num_steps, num_actions = index.shape
        num_blocks = len(self.per_action)
        shared = context.new_zeros(num_steps, projected.shape[1])
        parts = [context]
        if privileged is None:
            blocks = context.new_empty(num_steps, num_actions, 0)
        else:
            split = num_actions * num_blocks
            of_actions, common, of_pairs = privileged.tensor_split(
                (split, split + self.num_common), -1
            )
            blocks = of_actions.unflatten(-1, (num_blocks, num_actions)).mT
            if self.common is not None:
                parts.append(common)
                shared = self.common(common)
            if self.pair_row is not None:
                of_pairs = of_pairs.unflatten(-1, (inputs.latest.shape[1], -1))
                parts += pool_hidden(
                    inputs.for_pairs, inputs.latest, of_pairs, self.per_pair, shared
                )
        parts += pool_hidden(projected, index, blocks, self.per_action, shared)
        return self.out(self.hidden(torch.cat(parts, -1)).tanh()).squeeze(-1)
