"""Rollouts on a GPU: one step of agent and environment is captured as a CUDA graph.

A graph reads and writes fixed memory: the agent's weights, the state of the trial and of its
environment, and the carry, time step and rollout buffers of this module.
"""

import torch
from torch import Tensor

from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.actor_critic import ActorCritic
from ..runtime.cuda_graphs import capture
from .rollout import Rollout, StepRecord, collect, predict_last_value, take_step


class GraphCollector:
    """A `Collector` for an agent and an environment on one GPU.

    The first rollout runs operation by operation, which also builds the kernels. Later ones launch
    the captured step, and a rollout is valid until the next.

    Args:
        agent, trial, num_steps, rng: As of `collect`.
    """

    def __init__(self, agent: ActorCritic, trial: Trial, num_steps: int, rng: torch.Generator):
        self.agent = agent
        self.trial = trial
        self.num_steps = num_steps
        self.rng = rng
        self._buffers: StepRecord | None = None
        self._captured: _CapturedStep | None = None

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `collect`."""
        if self._buffers is None:
            first = collect(self.agent, self.trial, carry, timestep, self.num_steps, self.rng)
            # Allocated outside of the capture: memory that is first allocated inside belongs to
            # the graph, whose launches would overwrite it.
            self._buffers = _buffers_like(first[0])
            return first
        if self._captured is None:
            self._captured = _CapturedStep(self, carry, timestep, self._buffers)
        return self._captured.collect(carry, timestep)


class _CapturedStep:
    """The captured step and the memory that it works on."""

    def __init__(
        self, owner: GraphCollector, carry: Tensor, timestep: TimeStep, buffers: StepRecord
    ):
        self._owner = owner
        self._carry = carry.clone()
        # The environment keeps frames in its own buffer, the same at each step.
        self._timestep = timestep._replace(
            **{k: v.clone() for k, v in timestep._asdict().items() if k != "obs"}
        )
        self._at = torch.zeros(1, dtype=torch.int64, device=carry.device)
        self._buffers = buffers
        generators = (owner.rng, owner.trial.rng, getattr(owner.trial.env, "rng", None))
        self._launch = capture(self._step, [each for each in generators if each is not None])

    def collect(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """Collect a rollout from here; see `collect`."""
        owner = self._owner
        self._set(carry, timestep)
        first_carry = self._carry.clone()
        self._at.zero_()
        for _ in range(owner.num_steps):
            self._launch()
        carry, timestep = self._carry, self._timestep
        last_value = predict_last_value(owner.agent, owner.trial, carry, timestep)
        return Rollout.from_record(self._buffers, first_carry, last_value), carry, timestep

    def _step(self) -> None:
        owner = self._owner
        record, carry, timestep = take_step(
            owner.agent, owner.trial, self._carry, self._timestep, owner.rng
        )
        for name, field in record.items():
            self._buffers[name].index_copy_(0, self._at, field[None])
        self._set(carry, timestep)
        self._at += 1

    def _set(self, carry: Tensor, timestep: TimeStep) -> None:
        for ours, given in zip((self._carry, *self._timestep), (carry, *timestep), strict=True):
            if ours is not given:
                ours.copy_(given)


def _buffers_like(rollout: Rollout) -> StepRecord:
    """Uninitialised memory for the record of a rollout's steps."""
    fields = rollout._asdict()
    del fields["carry"], fields["last_value"], fields["label"]
    fields |= fields.pop("timesteps")._asdict()
    return {name: torch.empty_like(field) for name, field in fields.items()}
