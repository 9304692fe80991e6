"""Double-buffered sampling: engines and a GPU at work at the same time.

While the engines of one half of the environments step, the device chooses the actions of the other
half (as in Sample Factory, Petrenko et al. 2020). One thread per half suffices, since a thread that
waits for engines lets the other run. The threads live on between rollouts, because torch selects
convolution algorithms anew in each thread.
"""

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import torch
from torch import Tensor

from ...core.split_trial import SplitTrial, join
from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.actor_critic import ActorCritic
from .rollout import Rollout, collect, concatenate


class _StoppedError(Exception):
    """The other half has failed, or the training is being interrupted."""


class DoubleBufferedCollector:
    """A `Collector` of two halves, each in a thread of its own.

    Args:
        agent, num_steps, rng: As of `collect`.
        trial: Both halves.
    """

    def __init__(self, agent: ActorCritic, trial: SplitTrial, num_steps: int, rng: torch.Generator):
        self.agent = agent
        self.trial = trial
        self.num_steps = num_steps
        self.rng = rng
        self._threads = ThreadPoolExecutor(len(trial.halves), thread_name_prefix="half")

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `collect`.

        Raises:
            Exception: Raised by either half, once the other has finished its present step.
        """
        halves = self.trial.halves
        carries = carry.chunk(len(halves))
        fields = [field.chunk(len(halves)) for field in timestep]
        timesteps = [TimeStep(*half) for half in zip(*fields, strict=True)]
        rngs = [self._split_rng() for _ in halves]
        stop = threading.Event()
        futures = [
            self._threads.submit(self._collect, *half, stop)
            for half in zip(halves, carries, timesteps, rngs, strict=True)
        ]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            wait(futures)  # no half may be stepping when the environments are closed
        errors = [half.exception() for half in futures]
        for error in sorted(filter(None, errors), key=lambda e: isinstance(e, _StoppedError)):
            raise error
        results = [half.result() for half in futures]
        rollouts, carries, timesteps = zip(*results, strict=True)
        return concatenate(rollouts), torch.cat(carries), join(timesteps)

    def _collect(
        self,
        trial: Trial,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        stop: threading.Event,
    ) -> tuple[Rollout, Tensor, TimeStep]:
        def check() -> None:
            if stop.is_set():
                raise _StoppedError

        return collect(self.agent, trial, carry, timestep, self.num_steps, rng, check)

    def _split_rng(self) -> torch.Generator:
        """A generator of one half's own: the order in which the halves draw is not fixed."""
        device = self.rng.device
        seed = torch.randint(2**62, (), generator=self.rng, device=device)
        return torch.Generator(device).manual_seed(int(seed))
