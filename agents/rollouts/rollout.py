"""Rollouts: T steps of every copy, recorded where the learner is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from ...core.trial import Trial
from ...core.types import TimeStep
from ..networks.frame_cache import SeenImages
from ..networks.rl2_agent import RL2Agent


class Rollout(NamedTuple):
    """What a learner is given; T steps of B copies."""

    timesteps: TimeStep  # fields [T, B, ...], what the agent saw before each action
    action: Tensor  # [T, B] int64
    log_prob: Tensor  # [T, B] float32, of the action when it was taken
    value: Tensor  # [T, B] float32, predicted then, in units of reward
    image_number: Tensor  # [T, B, I] int64, see `ActExtras`
    reward: Tensor  # [T, B] float32
    done: Tensor  # [T, B] bool: an episode ended
    trial_done: Tensor  # [T, B] bool: a trial ended
    episode: Tensor  # [T, B] int64: index inside the trial
    crashed: Tensor  # [T, B] bool: the simulator broke here
    success: Tensor  # [T, B] bool: an episode reached an end of its own
    training_reward: Tensor  # [T, B] float32, what learning goes by: the reward, or see `Privileged.training_reward`
    privileged: Tensor  # [T, B, P] float32, what the critic was told; P is 0 if it is told nothing
    carry: Tensor  # [B, ...] float32, see `RL2Agent.initial_carry`; before the first step
    last_value: Tensor  # [B] float32, predicted after the last step


@parametrize.cached()  # weights that others make up are worked out once, and not at each step
def collect(
    agent: RL2Agent,
    trial: Trial,
    carry: Tensor,
    timestep: TimeStep,
    num_steps: int,
    rng: torch.Generator,
    before_step: Callable[[], object] | None = None,
) -> tuple[Rollout, Tensor, TimeStep]:
    """Lets the agent act for `num_steps` steps on every copy.

    Args:
        agent: Who acts.
        trial: What it acts in, on the agent's device or on the CPU.
        carry: The agent's memory, [B, hidden].
        timestep: What it sees now, on the agent's device.
        num_steps: T.
        rng: For the actions, on the agent's device.
        before_step: Called before each; may raise.

    Returns:
        The rollout, the carry after it, and the next time step.
    """
    first_carry = carry
    images = None
    if agent.spaces.image_shape is not None and agent.device.type == "cpu":
        images = SeenImages(agent.see)
    steps = []
    for _ in range(num_steps):
        if before_step is not None:
            before_step()
        fields, carry, timestep = take_step(agent, trial, carry, timestep, rng, images)
        steps.append(fields)
    del images  # which holds the frames a second time
    record = [torch.stack(field).to(agent.device) for field in zip(*steps, strict=True)]
    return put_together(record, first_carry, agent, trial, carry, timestep), carry, timestep


def take_step(
    agent: RL2Agent,
    trial: Trial,
    carry: Tensor,
    timestep: TimeStep,
    rng: torch.Generator,
    images: SeenImages | None = None,
) -> tuple[tuple[Tensor, ...], Tensor, TimeStep]:
    """One step of every copy; arguments as of `collect` and `RL2Agent.act`.

    Returns:
        What `put_together` needs of it, [B, ...] each; the carry after it; the next time step.
    """
    # The environment may overwrite its buffer of frames: keep a copy.
    seen = timestep._replace(obs=timestep.obs.clone())
    told = _privileged(agent, trial)
    action, carry, extras = agent.act(carry, timestep, rng, told, images)
    timestep, outcome = trial.step(action.to(trial.env.device))
    training_reward = (
        trial.training_reward() if agent.settings.privileged_critic else outcome.reward
    )
    fields = (*seen, action, *extras, *outcome, training_reward, told)
    return fields, carry, to_device(timestep, agent.device)


def put_together(
    record: Sequence[Tensor],
    first_carry: Tensor,
    agent: RL2Agent,
    trial: Trial,
    carry: Tensor,
    timestep: TimeStep,
) -> Rollout:
    """The rollout of the steps that a record holds, [T, B, ...] each field of `take_step`."""
    seen = len(TimeStep._fields)
    last_value = agent.predict_value(carry, timestep, _privileged(agent, trial))
    timesteps = TimeStep(*record[:seen])
    return Rollout._make((timesteps, *record[seen:], first_carry, last_value))


def fields_of(rollout: Rollout) -> tuple[Tensor, ...]:
    """The record that `put_together` made a rollout of."""
    return (*rollout.timesteps, *rollout[1:-2])


def to_device(timestep: TimeStep, device: torch.device) -> TimeStep:
    """The same time step on a device; no copy if it is there already."""
    return TimeStep(*(_move(field, device) for field in timestep))


def _move(field: Tensor, device: torch.device) -> Tensor:
    """The host waits for what comes to it: it would read what has not arrived yet.

    It does not wait for what it sends: that goes through pinned memory, where it may write over
    the field meanwhile.
    """
    if device.type == "cuda" and field.device.type == "cpu":
        return field.pin_memory().to(device, non_blocking=True)
    return field.to(device, non_blocking=device.type == "cuda")


def take_copies(rollout: Rollout, copies: Tensor) -> tuple[TimeStep, Tensor, Tensor, Tensor]:
    """What the network runs over for some copies.

    Returns:
        Time steps [T, b, ...], carry [b, hidden], what the critic was told [T, b, P], and the
        images' numbers [T, b, I].
    """
    timesteps = TimeStep(*(field.index_select(1, copies) for field in rollout.timesteps))
    privileged = rollout.privileged.index_select(1, copies)
    image_number = rollout.image_number.index_select(1, copies)
    return timesteps, rollout.carry[copies], privileged, image_number


def _privileged(agent: RL2Agent, trial: Trial) -> Tensor:
    """[B, P] float32 on the agent's device."""
    if agent.settings.privileged_critic:
        return _move(trial.privileged(), agent.device)
    return torch.empty(trial.env.num_envs, 0, device=agent.device)
