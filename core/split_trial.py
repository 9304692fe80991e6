"""Two trials of half the copies each, which a training takes for one of all copies."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from . import seeding
from .trial import Trial
from .types import BatchedEnv, Spaces, TimeStep


@dataclass(frozen=True)
class Environments:
    """The halves' environments, as far as one is asked about them."""

    halves: Sequence[BatchedEnv]

    @property
    def num_envs(self) -> int:
        """Copies of both."""
        return sum(env.num_envs for env in self.halves)

    @property
    def spaces(self) -> Spaces:
        """Of either."""
        return self.halves[0].spaces

    @property
    def device(self) -> torch.device:
        """Of either."""
        return self.halves[0].device

    def close(self) -> None:
        """Closes both, also if closing one raises."""
        with ExitStack() as both:
            for env in self.halves:
                both.callback(env.close)


class SplitTrial:
    """Trials whose halves can step at different times: see `agents.rollouts.double_buffered`.

    Attributes:
        env: Both environments.
        episodes_per_trial: K.

    Args:
        halves: Alike, and of equally many copies.
    """

    def __init__(self, halves: Sequence[Trial]):
        self.halves = halves
        self.env = Environments([trial.env for trial in halves])
        self.episodes_per_trial = halves[0].episodes_per_trial

    def reset(self, seed: int) -> TimeStep:
        """Begins a new trial on every copy; the draws of tasks depend on `seed` alone."""
        return join([trial.reset(seed + i * seeding.HALF) for i, trial in enumerate(self.halves)])

    def state_dict(self) -> None:
        """Such trials cannot be gone on with."""


def join(halves: Sequence[TimeStep]) -> TimeStep:
    """[B, ...] of [B / 2, ...] each."""
    return TimeStep(*(torch.cat(fields) for fields in zip(*halves, strict=True)))
