"""Heads of the exchangeable agent: they score actions by what they read, not by their number."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....core.shapes import Float, Int64
from ..layers import orthogonal

CLOCK_FEATURES = 5


class HeadInputs(NamedTuple):
    """What the heads read at each step; leading axes [...] are those of the steps."""

    rows: Tensor  # [..., A, F] float32, features of the present state's actions
    overall: Tensor  # [..., F] float32, mean over all pairs
    clock: Tensor  # [..., CLOCK_FEATURES] float32, see `clock_features`

    def context(self) -> Tensor:
        """Features that all actions share, [..., 3 F + CLOCK_FEATURES]."""
        rows = self.rows
        return torch.cat((rows.mean(-2), rows.amax(-2), self.overall, self.clock), -1)


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
            nn.Linear(3 * num_features + CLOCK_FEATURES, width), nn.ReLU(), nn.Linear(width, width)
        )
        self.row = nn.Linear(num_features, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.score.weight)  # the first policy is uniform

    def forward(self, rows: Tensor, context: Tensor) -> Float[Tensor, "*steps actions"]:
        """Log-probabilities of the actions."""
        hidden = (self.row(rows) + self.context(context).unsqueeze(-2)).relu()
        return self.score(hidden).squeeze(-1).log_softmax(-1)


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
        self.per_action = per_action
        self.row = nn.Linear(num_features + per_action, width)
        self.common = nn.Linear(common, width, bias=False) if common else None
        num_context = 3 * num_features + CLOCK_FEATURES + 2 * width + common
        self.hidden = nn.Linear(num_context, 64)
        self.out = orthogonal(nn.Linear(64, 1), gain=1.0)

    def forward(
        self, rows: Tensor, context: Tensor, privileged: Tensor | None
    ) -> Float[Tensor, "*steps"]:
        """Values, in the units of the agent's `value_mean` and `value_std`.

        Args:
            rows: [..., A, F].
            context: See `HeadInputs.context`.
            privileged: [..., A * per_action + common]; None where the value takes none.
        """
        parts = [context]
        if privileged is None:
            rows = self.row(rows)
        else:
            num_actions = rows.shape[-2]
            split = num_actions * self.per_action
            blocks = privileged[..., :split].unflatten(-1, (self.per_action, num_actions))
            rows = self.row(torch.cat((rows, blocks.transpose(-1, -2)), -1))
            if self.common is not None:
                common = privileged[..., split:]
                rows = rows + self.common(common).unsqueeze(-2)
                parts.append(common)
        rows = rows.relu()
        parts += [rows.mean(-2), rows.amax(-2)]
        return self.out(self.hidden(torch.cat(parts, -1)).tanh()).squeeze(-1)
