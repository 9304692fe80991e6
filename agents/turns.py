"""Engines and a GPU at work at the same time.

While the engines of one half of the copies step, the device decides what the other half does.
A thread for each half is enough: waiting for engines, it lets the other go on.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from agents.rl2 import RL2Agent
from agents.rollout import Rollout, collect
from trials.side_by_side import SideBySide, join
from trials.trial import Trial
from trials.types import TimeStep


class TurnTaker:
    """`agents.rollout.collect` for two halves by turns.

    Args:
        agent, num_steps, rng: As of `collect`.
        trial: Both halves.
    """

    def __init__(self, agent: RL2Agent, trial: SideBySide, num_steps: int, rng: torch.Generator):
        self.agent = agent
        self.trial = trial
        self.num_steps = num_steps
        self.rng = rng

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `agents.rollout.collect`.

        Raises:
            Exception: What either half raised, once the other is done with its steps.
        """
        halves = self.trial.halves
        carries = carry.chunk(len(halves))
        fields = [field.chunk(len(halves)) for field in timestep]
        timesteps = [TimeStep(*half) for half in zip(*fields, strict=True)]
        rngs = [self._own_rng() for _ in halves]
        with ThreadPoolExecutor(len(halves), thread_name_prefix="half") as threads:
            done = list(threads.map(self._collect, halves, carries, timesteps, rngs))
        rollouts, carries, timesteps = zip(*done, strict=True)
        return join_rollouts(rollouts), torch.cat(carries), join(timesteps)

    def _collect(
        self, trial: Trial, carry: Tensor, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Rollout, Tensor, TimeStep]:
        return collect(self.agent, trial, carry, timestep, self.num_steps, rng)

    def _own_rng(self) -> torch.Generator:
        """One for each half: which of them draws first is left to chance."""
        device = self.rng.device
        seed = torch.randint(2**62, (), generator=self.rng, device=device)
        return torch.Generator(device).manual_seed(int(seed))


def join_rollouts(halves: Sequence[Rollout]) -> Rollout:
    """One of all copies."""
    timesteps = TimeStep(
        *(torch.cat(fields, 1) for fields in zip(*(r.timesteps for r in halves), strict=True))
    )
    per_step = [torch.cat(fields, 1) for fields in zip(*(r[1:-2] for r in halves), strict=True)]
    per_copy = [torch.cat(fields) for fields in zip(*(r[-2:] for r in halves), strict=True)]
    return Rollout._make((timesteps, *per_step, *per_copy))
