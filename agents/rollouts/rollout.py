"""Rollouts: T steps of B environments, stored on the agent's device."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.actor_critic import ActorCritic, NetworkInputs
from ..networks.frame_cache import distinct


class Rollout(NamedTuple):
    """A rollout, for a learner."""

    timesteps: TimeStep  # fields [T, B, ...], observed before each action
    action: Tensor  # [T, B] int64
    log_prob: Tensor  # [T, B] float32, of the action when it was taken
    value: Tensor  # [T, B] float32, predicted before the action, in units of reward
    frame_id: Tensor  # [T, B, I] int64, see `ActExtras`
    view: Tensor  # [T, B, V] uint8, see `ActExtras`; V is 0 of agents without a map
    reward: Tensor  # [T, B] float32
    done: Tensor  # [T, B] bool: an episode ended
    trial_done: Tensor  # [T, B] bool: a trial ended
    episode: Tensor  # [T, B] int64: index inside the trial
    crashed: Tensor  # [T, B] bool: the simulator crashed here
    success: Tensor  # [T, B] bool: an episode succeeded
    training_reward: Tensor  # [T, B] float32: the reward, or see `Privileged.training_reward`
    privileged: Tensor  # [T, B, P] float32, see `ActorCritic.num_privileged`
    carry: Tensor  # [B, C] float32, before the first step
    last_value: Tensor  # [B] float32, predicted after the last step
    label: Tensor  # [T, B, L] float32, of `ActorCritic.aux` by dead reckoning, NaN where unknown

    @classmethod
    def from_record(
        cls, record: Mapping[str, Tensor], carry: Tensor, last_value: Tensor
    ) -> "Rollout":
        """Build a rollout from a stacked `StepRecord`, [T, B, ...] each field; without labels."""
        fields = dict(record)
        label = last_value.new_empty(*fields["action"].shape, 0)
        timesteps = TimeStep(**{name: fields.pop(name) for name in TimeStep._fields})
        return cls(timesteps=timesteps, carry=carry, last_value=last_value, label=label, **fields)

    def take_envs(self, index: Tensor) -> NetworkInputs:
        """Network inputs of some environments. Of frames with ids, equal ones come once.

        Args:
            index: [b] int64, below B.
        """
        frames, frame_id = self.timesteps.obs, self.frame_id.index_select(1, index)
        if frame_id.shape[-1]:
            examples, inverse = distinct(frame_id.flatten())
            step, env = examples // len(index), index[examples % len(index)]
            # Whole rows of a flat tensor are copied sixteen times as fast as frames[step, env].
            obs = frames.flatten(0, 1).index_select(0, step * frames.shape[1] + env)
            frame_id = inverse.view(frame_id.shape)
        else:
            obs = frames.index_select(1, index)
        taken = (field.index_select(1, index) for field in self.timesteps[1:])
        return NetworkInputs(
            timesteps=TimeStep(obs, *taken),
            carry=self.carry[index],
            privileged=self.privileged.index_select(1, index),
            frame_id=frame_id,
            view=self.view.index_select(1, index),
        )


PER_ENV = ("carry", "last_value")  # fields [B, ...]; all others are [T, B, ...]

# One step of every environment by name, each field [B, ...]: those of `TimeStep`, and those of
# `Rollout` except `timesteps`, `label` and `PER_ENV`.
StepRecord = dict[str, Tensor]


@runtime_checkable
class Collector(Protocol):
    """Collects one rollout per call, continuing where the last one ended."""

    def __call__(self, carry: Tensor, timestep: TimeStep) -> tuple[Rollout, Tensor, TimeStep]:
        """See `collect`."""
        ...


@parametrize.cached()  # computes parametrised weights once, not at each step
def collect(
    agent: ActorCritic,
    trial: Trial,
    carry: Tensor,
    timestep: TimeStep,
    num_steps: int,
    rng: torch.Generator,
    before_step: Callable[[], object] | None = None,
) -> tuple[Rollout, Tensor, TimeStep]:
    """Let an agent act for `num_steps` steps in every environment.

    Args:
        agent: Acts.
        trial: Its environments, on the agent's device or on the CPU.
        carry: The agent's memory, [B, C].
        timestep: The present one, on the agent's device.
        num_steps: T.
        rng: Source of the actions, on the agent's device.
        before_step: Called before each step; may raise.

    Returns:
        The rollout, the carry after it, and the next time step.
    """
    first_carry = carry
    cache = agent.make_cache()
    steps = []
    for _ in range(num_steps):
        if before_step is not None:
            before_step()
        record, carry, timestep = take_step(agent, trial, carry, timestep, rng, cache)
        steps.append(record)
    del cache  # it may hold the frames a second time
    stacked = {
        name: torch.stack([step[name] for step in steps]).to(agent.device) for name in steps[0]
    }
    last_value = predict_last_value(agent, trial, carry, timestep)
    return Rollout.from_record(stacked, first_carry, last_value), carry, timestep


def take_step(
    agent: ActorCritic,
    trial: Trial,
    carry: Tensor,
    timestep: TimeStep,
    rng: torch.Generator,
    cache: Any = None,
) -> tuple[StepRecord, Tensor, TimeStep]:
    """Take one step in every environment; arguments as of `collect` and `ActorCritic.act`.

    Returns:
        The step's record, the carry after it, and the next time step.
    """
    # The environment may overwrite its buffer of frames: clone it.
    observed = timestep._replace(obs=timestep.obs.clone())
    privileged = _privileged(agent, trial)
    action, carry, extras = agent.act(carry, timestep, rng, privileged, cache)
    timestep, outcome = trial.step(action.to(trial.env.device))
    if extras.view is None:
        extras = extras._replace(view=action.new_empty(len(action), 0, dtype=torch.uint8))
    record = {
        **observed._asdict(),
        "action": action,
        **extras._asdict(),
        **outcome._asdict(),
        "training_reward": trial.training_reward()
        if agent.uses_training_reward
        else outcome.reward,
        "privileged": privileged,
    }
    return record, carry, to_device(timestep, agent.device)


def predict_last_value(
    agent: ActorCritic, trial: Trial, carry: Tensor, timestep: TimeStep
) -> Tensor:
    """Values [B] after a rollout's last step, in units of reward."""
    return agent.predict_value(carry, timestep, _privileged(agent, trial))


def concatenate(rollouts: Sequence[Rollout]) -> Rollout:
    """One rollout of all environments of several rollouts of equal length."""
    offset, parts = 0, []
    for rollout in rollouts:  # each has numbered its own frames from 0
        parts.append(rollout._replace(frame_id=rollout.frame_id + offset)._asdict())
        offset += rollout.frame_id.numel()
    timesteps = [part.pop("timesteps") for part in parts]
    joined = {
        name: torch.cat([part[name] for part in parts], 0 if name in PER_ENV else 1)
        for name in parts[0]
    }
    fields = zip(*timesteps, strict=True)
    return Rollout(timesteps=TimeStep(*(torch.cat(field, 1) for field in fields)), **joined)


def to_device(timestep: TimeStep, device: torch.device) -> TimeStep:
    """The time step on a device; the same tensors if they are there already."""
    return TimeStep(*(_move(field, device) for field in timestep))


def _move(field: Tensor, device: torch.device) -> Tensor:
    """Move a tensor without waiting, except for what comes to the host.

    The host would read a tensor before it has arrived. A tensor that it sends goes through pinned
    memory, so that the host may overwrite its own meanwhile.
    """
    if device.type == "cuda" and field.device.type == "cpu":
        return field.pin_memory().to(device, non_blocking=True)
    return field.to(device, non_blocking=device.type == "cuda")


def _privileged(agent: ActorCritic, trial: Trial) -> Tensor:
    """[B, P] float32 on the agent's device."""
    if agent.num_privileged:
        features = trial.privileged()
        if agent.num_pair_privileged:
            features = torch.cat((features, trial.privileged_pairs().flatten(1)), -1)
        return _move(features, agent.device)
    if agent.uses_training_reward:
        trial.privileged()  # the environment computes the training reward from it
    return torch.empty(trial.env.num_envs, 0, device=agent.device)
