"""Visits: each pair of state and action as a sequence of its own through a rollout.

A memory per pair changes only when its pair is visited. Over a rollout the visits of each pair in
each trial are therefore a sequence, independent of all others, and the recurrence is as long as
the most visited pair's, not as the trial. Sequences lie side by side, the longest first, as in
`packing`. The states of all pairs at all steps are rows of one table, `Visits.table`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ....core.shapes import Bool, Float, Int64


class Visits(NamedTuple):
    """Visits in a rollout of T steps of B environments: V visits in Q sequences of P pairs."""

    source: Tensor  # [V] int64: row of the flattened rollout [T * B], by packed row
    sizes: list[int]  # sequences that reach each packed step; falls from Q on; the sum is V
    before: Tensor  # [Q] int64: 0, or 1 + row of the flattened carry [B * P]
    latest: Tensor  # [T, B, P] int64: row in `table` of each pair's state, with the visit seen at t
    trial_start: Tensor  # [T, B] int64: step of the trial's start; 0 if before the rollout
    begins_here: Tensor  # [T, B] bool: the trial began in the rollout

    def initial(self, carried: Float[Tensor, "rows hidden"]) -> Float[Tensor, "sequences hidden"]:
        """States before each sequence; `carried` are the states before the rollout, [B * P, H]."""
        return torch.cat((carried.new_zeros(1, carried.shape[1]), carried))[self.before]

    def table(
        self, packed: Float[Tensor, "visits hidden"], carried: Float[Tensor, "rows hidden"]
    ) -> Float[Tensor, "table hidden"]:
        """The initial state, states after visits, and states before the rollout.

        Args:
            packed: States after each visit.
            carried: [B * P, H]; left out where no trial continues one from before the rollout.
        """
        parts = [packed.new_zeros(1, packed.shape[1]), packed]
        if not bool(self.begins_here[0].all()):
            parts.append(carried)
        return torch.cat(parts)


def find_visits(
    pair: Int64[Tensor, "time batch"], is_first: Bool[Tensor, "time batch"], num_pairs: int
) -> Visits:
    """Find the visits of a rollout.

    Args:
        pair: Pair of state and action whose outcome is seen at each step; ignored at a trial's
            first step.
        is_first: First steps of trials. Where step 0 is none, it continues a trial from before.
        num_pairs: P.
    """
    time, batch = pair.shape
    device = pair.device
    step = torch.arange(time, device=device)[:, None]
    trial_start = torch.where(is_first, step, 0).cummax(0).values
    begins_here = is_first.gather(0, trial_start)
    env = torch.arange(batch, device=device)

    # Visits environment by environment, then sorted by sequence.
    at = (~is_first).T.reshape(-1).nonzero().squeeze(1)
    key = ((env * time + trial_start) * num_pairs + pair).T.reshape(-1)[at]
    order = key.argsort(stable=True)
    keys, length = key[order].unique_consecutive(return_counts=True)
    begin = length.cumsum(0) - length
    # The longest sequences first; rows packed step by packed step.
    by_length = length.argsort(descending=True, stable=True)
    keys, length, begin = keys[by_length], length[by_length], begin[by_length]
    longest = int(length[0]) if len(length) else 0
    reach = torch.arange(longest, device=device)[:, None]
    active = reach < length  # [longest, Q]
    chosen = at[order[(begin + reach)[active]]]
    source = chosen % time * batch + chosen // time
    key_env, key_start = keys // num_pairs // time, keys // num_pairs % time
    before = 1 + key_env * num_pairs + keys % num_pairs
    before = torch.where(is_first[key_start, key_env], 0, before)

    # Step of each pair's latest visit, plus 1; 0 for none in this rollout.
    seen = torch.where(is_first, 0, step + 1)
    last = torch.zeros(time, batch, num_pairs, dtype=torch.int64, device=device)
    last = last.scatter_(2, torch.where(is_first, 0, pair)[..., None], seen[..., None])
    last = last.cummax(0).values
    row = torch.zeros(time * batch, dtype=torch.int64, device=device)
    row[source] = torch.arange(1, len(source) + 1, device=device)
    found = row[(last - 1).clamp(min=0) * batch + env[:, None]]
    carried = len(source) + 1 + torch.arange(batch * num_pairs, device=device).view(batch, -1)
    unvisited = torch.where(begins_here[..., None], 0, carried)
    latest = torch.where(last > trial_start[..., None], found, unvisited)
    return Visits(source, active.sum(1).tolist(), before, latest, trial_start, begins_here)
