"""Rollouts on a GPU: a step of agent and environment is recorded once and then replayed.

What it reads and writes stays in the same memory: the agent's weights, the trial's and the
environment's state, and here the carry, the time step and the record of the rollout.
"""

import torch
from torch import Tensor

from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.rl2_agent import RL2Agent
from ..runtime.cuda_graphs import record
from .rollout import Rollout, collect, fields_of, put_together, take_step


class Collector:
    """`agents.rollouts.rollout.collect` again and again, with the same agent, trial and number of steps.

    Where agent and environment are on a GPU, the first rollout runs operation by operation (which
    also builds the kernels), and later ones are replayed. A rollout is then valid until the next.

    Args:
        agent, trial, num_steps, rng: As of `collect`.
    """

    def __init__(self, agent: RL2Agent, trial: Trial, num_steps: int, rng: torch.Generator):
        self.agent = agent
        self.trial = trial
        self.num_steps = num_steps
        self.rng = rng
        self._can_replay = agent.device.type == trial.env.device.type == "cuda"
        self._record: list[Tensor] | None = None
        self._recording: _Recording | None = None

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `agents.rollouts.rollout.collect`."""
        if self._recording is not None:
            return self._recording.play(carry, timestep)
        if self._record is not None:
            self._recording = _Recording(self, carry, timestep, self._record)
            return self._recording.play(carry, timestep)
        first = collect(self.agent, self.trial, carry, timestep, self.num_steps, self.rng)
        if self._can_replay:
            # Here, since memory that is first asked for in a recording is not kept apart from what
            # the recorded operations use and give back: each replay would write over it.
            self._record = [torch.empty_like(field) for field in fields_of(first[0])]
        return first


class _Recording:
    """A recorded step and the memory it works on."""

    def __init__(
        self, of: Collector, carry: Tensor, timestep: TimeStep, record_of_rollout: list[Tensor]
    ):
        self._of = of
        self._carry = carry.clone()
        # Frames lie in the environment's own buffer, from step to step.
        self._timestep = TimeStep(timestep.obs, *(field.clone() for field in timestep[1:]))
        self._at = torch.zeros(1, dtype=torch.int64, device=carry.device)
        self._record = record_of_rollout
        generators = (of.rng, of.trial.rng, getattr(of.trial.env, "rng", None))
        self._replay = record(self._step, [each for each in generators if each is not None])

    def play(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """A rollout from here; see `collect`."""
        self._go_on_from(carry, timestep)
        first_carry = self._carry.clone()
        self._at.zero_()
        for _ in range(self._of.num_steps):
            self._replay()
        now = self._carry, self._timestep
        return put_together(self._record, first_carry, self._of.agent, self._of.trial, *now), *now

    def _step(self) -> None:
        of = self._of
        fields, carry, timestep = take_step(of.agent, of.trial, self._carry, self._timestep, of.rng)
        for kept, field in zip(self._record, fields, strict=True):
            kept.index_copy_(0, self._at, field[None])
        self._go_on_from(carry, timestep)
        self._at += 1

    def _go_on_from(self, carry: Tensor, timestep: TimeStep) -> None:
        for mine, given in zip((self._carry, *self._timestep), (carry, *timestep), strict=True):
            if mine is not given:
                mine.copy_(given)
