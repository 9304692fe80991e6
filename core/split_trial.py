"""A trial in two halves that can step at different times, for double-buffered sampling."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from .random import seeding
from .trial import Trial
from .types import BatchedEnv, Spaces, TimeStep


@dataclass(frozen=True)
class SplitEnvs:
    """Environments of both halves.

    Attributes:
        halves: Two batched environments of the same kind and size.
    """

    halves: Sequence[BatchedEnv]

    @property
    def num_envs(self) -> int:
        """Number of environments of both halves."""
        return sum(env.num_envs for env in self.halves)

    @property
    def spaces(self) -> Spaces:
        """Observations and actions of either half."""
        return self.halves[0].spaces

    @property
    def device(self) -> torch.device:
        """Device of either half."""
        return self.halves[0].device

    def close(self) -> None:
        """Closes both halves, even if closing one raises."""
        with ExitStack() as both:
            for env in self.halves:
                both.callback(env.close)


class SplitTrial:
    """Two trials that appear as one, see `agents.rollouts.double_buffered`.

    Attributes:
        env: Environments of both halves.
        episodes_per_trial: K.

    Args:
        halves: Two trials with the same settings and number of environments.
    """

    def __init__(self, halves: Sequence[Trial]):
        self.halves = halves
        self.env = SplitEnvs([trial.env for trial in halves])
        self.episodes_per_trial = halves[0].episodes_per_trial

    def reset(self, seed: int) -> TimeStep:
        """Begins a new trial in every environment; the tasks drawn depend on `seed` alone."""
        return join([trial.reset(seed + i * seeding.HALF) for i, trial in enumerate(self.halves)])

    def state_dict(self) -> None:
        """None: the state of such trials cannot be saved."""


def join(halves: Sequence[TimeStep]) -> TimeStep:
    """Concatenates the time steps of both halves: [B / 2, ...] each to [B, ...]."""
    return TimeStep(*(torch.cat(fields) for fields in zip(*halves, strict=True)))
