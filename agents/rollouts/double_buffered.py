"""Engines and a GPU at work at the same time.

While the engines of one half of the copies step, the device decides what the other half does.
A thread for each half is enough: waiting for engines, it lets the other go on. The threads stay,
since torch looks for the fastest convolutions anew in each.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import accumulate

import torch
from torch import Tensor

from ...core.split_trial import SplitTrial, join
from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.rl2_agent import RL2Agent
from .rollout import Rollout, collect


class _StoppedError(Exception):
    """The other half has failed, or somebody wants an end."""


class DoubleBufferedCollector:
    """`agents.rollouts.rollout.collect` for two halves by turns.

    Args:
        agent, num_steps, rng: As of `collect`.
        trial: Both halves.
    """

    def __init__(self, agent: RL2Agent, trial: SplitTrial, num_steps: int, rng: torch.Generator):
        self.agent = agent
        self.trial = trial
        self.num_steps = num_steps
        self.rng = rng
        self._threads = ThreadPoolExecutor(len(trial.halves), thread_name_prefix="half")

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `agents.rollouts.rollout.collect`.

        Raises:
            Exception: What either half raised, once the other is done with its present step.
        """
        halves = self.trial.halves
        carries = carry.chunk(len(halves))
        fields = [field.chunk(len(halves)) for field in timestep]
        timesteps = [TimeStep(*half) for half in zip(*fields, strict=True)]
        rngs = [self._own_rng() for _ in halves]
        over = threading.Event()
        under_way = [
            self._threads.submit(self._collect, *half, over)
            for half in zip(halves, carries, timesteps, rngs, strict=True)
        ]
        try:
            wait(under_way, return_when=FIRST_EXCEPTION)
        finally:
            over.set()
            wait(under_way)  # nobody may be stepping when the environments are closed
        errors = [half.exception() for half in under_way]
        for error in sorted(filter(None, errors), key=lambda e: isinstance(e, _StoppedError)):
            raise error
        done = [half.result() for half in under_way]
        rollouts, carries, timesteps = zip(*done, strict=True)
        return join_rollouts(rollouts), torch.cat(carries), join(timesteps)

    def _collect(
        self,
        trial: Trial,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        over: threading.Event,
    ) -> tuple[Rollout, Tensor, TimeStep]:
        def look() -> None:
            if over.is_set():
                raise _StoppedError

        return collect(self.agent, trial, carry, timestep, self.num_steps, rng, look)

    def _own_rng(self) -> torch.Generator:
        """One for each half: which of them draws first is left to chance."""
        device = self.rng.device
        seed = torch.randint(2**62, (), generator=self.rng, device=device)
        return torch.Generator(device).manual_seed(int(seed))


def join_rollouts(halves: Sequence[Rollout]) -> Rollout:
    """One of all copies."""
    # Each has numbered its own images, from 0 on and with less than it has frames.
    before = accumulate((r.image_number.numel() for r in halves[:-1]), initial=0)
    halves = [
        r._replace(image_number=r.image_number + others)
        for r, others in zip(halves, before, strict=True)
    ]
    timesteps = TimeStep(
        *(torch.cat(fields, 1) for fields in zip(*(r.timesteps for r in halves), strict=True))
    )
    per_step = [torch.cat(fields, 1) for fields in zip(*(r[1:-2] for r in halves), strict=True)]
    per_copy = [torch.cat(fields) for fields in zip(*(r[-2:] for r in halves), strict=True)]
    return Rollout._make((timesteps, *per_step, *per_copy))
