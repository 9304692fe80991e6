"""The records that pass between environment, agent and learner.

An RL² agent is fed, besides its observation, what its last action brought: the action itself, its
reward, and whether it ended an episode (Duan et al. 2016, section 2.2 and figure 1). `TimeStep` is
aligned with what the agent sees, `Outcome` with what it did; two records, so that a trial's last
reward reaches the learner and never the next trial.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor


class TimeStep(NamedTuple):
    """What an agent sees; B is the number of copies. The `prev_*` fields are zero where `is_first`."""

    obs: Tensor  # [B, H, W, 3] uint8 image, or [B] int64 state
    prev_action: Tensor  # [B] int64
    prev_reward: Tensor  # [B] float32
    prev_done: Tensor  # [B] bool: the previous action ended an episode; obs is already the next's
    is_first: Tensor  # [B] bool: first step of a trial; the carry starts afresh


class Outcome(NamedTuple):
    """What the action brought, for the learner."""

    reward: Tensor  # [B] float32: earned by this action, on a trial's last step too
    done: Tensor  # [B] bool: an episode ended
    trial_done: Tensor  # [B] bool: a trial ended; only this cuts returns and advantages
    episode: Tensor  # [B] int64: index inside the trial of the episode that the action was in
    crashed: Tensor  # [B] bool: the simulator broke; the trial is cut here and starts over
    success: Tensor  # [B] bool: an episode reached an end of its own (the target)


class EnvStep(NamedTuple):
    """What a batched environment answers to an action. A crashed copy reports neither end."""

    obs: Tensor  # as in TimeStep; may be the environment's own buffer, valid until its next call
    reward: Tensor  # [B] float32
    terminated: Tensor  # [B] bool: the episode reached an end of its own (the target)
    truncated: Tensor  # [B] bool: the horizon cut the episode
    crashed: Tensor  # [B] bool: the copy's simulator died; its next reset is its task's first again


@dataclass(frozen=True)
class Spaces:
    """Sizes of what an agent sees and does. Exactly one of the two observation fields is set."""

    num_actions: int
    image_shape: tuple[int, int, int] | None = None  # (height, width, 3), uint8
    num_states: int | None = None  # states are 0 .. num_states - 1
    # What the environment can tell a critic, see `Privileged`. No agent acts on it, so that spaces
    # that differ in nothing else are the same.
    num_privileged: int = field(default=0, compare=False)


@runtime_checkable
class TaskSampler(Protocol):
    """A distribution over tasks."""

    def sample(self, rng: torch.Generator, num_tasks: int) -> Any:
        """Draws tasks: a tensor, or a named tuple of tensors, with leading axis `num_tasks`."""
        ...


@runtime_checkable
class BatchedEnv(Protocol):
    """B copies of an environment, each on a task of its own."""

    spaces: Spaces
    num_envs: int
    device: torch.device

    def set_task(self, tasks: Any, mask: Tensor) -> None:
        """Gives copy b the task `tasks[b]` where `mask[b]`; other entries are ignored.

        Args:
            tasks: What the suite's sampler draws, with leading axis B.
            mask: [B] bool.
        """
        ...

    def reset(self, mask: Tensor) -> Tensor:
        """Starts the next episode of copy b where `mask[b]`; returns the observation of all."""
        ...

    def step(self, action: Tensor) -> EnvStep:
        """Advances every copy by one action, [B] int64. Ended copies wait for `reset`."""
        ...

    def close(self) -> None:
        """Frees what the environment holds; safe to call twice."""
        ...


@runtime_checkable
class Privileged(Protocol):
    """An environment that can tell a critic what its agent has to find out (Pinto et al. 2017)."""

    def privileged(self) -> Tensor:
        """Each copy's task, and where in it the copy is now: [B, spaces.num_privileged] float32.

        Of about unit scale, and a function of the task and of the copy's state alone.
        """
        ...

    def training_reward(self) -> Tensor:
        """What the last step's actions are credited with in training, [B] float32.

        Where the best policy that knows the task can be told: what it loses by them, 0 at most.
        That is the reward, its noise and luck taken away, shaped by what that policy expects (Ng et
        al. 1999): a trial's credit is on average what it earns short of the best. Else: the reward.
        To be asked for after a step before which `privileged` was; else it is NaN.
        """
        ...


@runtime_checkable
class Resumable(Protocol):
    """What can be stopped and gone on with, exactly. Environments may be; engines cannot."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that the future depends on besides its inputs: tensors and plain values."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` of an equally built object gave."""
        ...


@runtime_checkable
class Agent(Protocol):
    """Anything that acts: a trained network, or an algorithm whose carry is its counts."""

    def initial_carry(self, batch_size: int) -> Any:
        """The memory at the start of a trial."""
        ...

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """Chooses actions [B] int64; starts the carry afresh where `timestep.first`.

        Returns:
            action, the new carry, and extras that only the agent's own learner reads.
        """
        ...
