"""Records that pass between environment, agent and learner, and the protocols of all three.

The inputs of an RL² agent are the observation, the previous action, its reward, and whether it
ended an episode (Duan et al. 2016, section 2.2 and figure 1). `TimeStep` holds these inputs,
`Outcome` the results of the agent's action. They are two records, so that the last reward of a
trial reaches the learner but not the next trial.
"""

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from .differences import differences


class TimeStep(NamedTuple):
    """Inputs of an agent in B environments. The `prev_*` fields are zero where `is_first`."""

    obs: Tensor  # [B, H, W, 3] uint8 image, or [B] int64 state
    prev_action: Tensor  # [B] int64
    prev_reward: Tensor  # [B] float32
    prev_done: Tensor  # [B] bool: the previous action ended an episode; obs belongs to the next one
    is_first: Tensor  # [B] bool: first step of a trial; the carry is reset


class Outcome(NamedTuple):
    """Results of an action, for the learner."""

    reward: Tensor  # [B] float32: reward of this action, also on the last step of a trial
    done: Tensor  # [B] bool: an episode ended
    trial_done: Tensor  # [B] bool: a trial ended; only trial ends cut returns and advantages
    episode: Tensor  # [B] int64: index in the trial of the episode of the action
    crashed: Tensor  # [B] bool: the simulator crashed; the trial is cut here and begins again
    success: Tensor  # [B] bool: an episode ended in success (at the target)


class EnvStep(NamedTuple):
    """Results of an action in a batched environment. A crashed one reports no end."""

    obs: Tensor  # as in TimeStep; may be a buffer that the next call overwrites
    reward: Tensor  # [B] float32
    terminated: Tensor  # [B] bool: the episode ended in success (at the target)
    truncated: Tensor  # [B] bool: the episode ended at the horizon
    crashed: Tensor  # [B] bool: the simulator died; the next reset begins the task again


@dataclass(frozen=True)
class Odometry:
    """Movement and rewards: an agent that knows them can reckon its path from its own outcomes."""

    movement: str  # of mazes, see `mazes.rules.MazeRules`
    step_penalty: float  # reward of each step
    wall_penalty: float  # reward of each contact with a wall
    target_reward: float  # reward at the target


@dataclass(frozen=True)
class Spaces:
    """Sizes of observations and actions. Exactly one of the two observation fields is set."""

    num_actions: int
    image_shape: tuple[int, int, int] | None = None  # (height, width, 3), uint8
    num_states: int | None = None  # states are 0 .. num_states - 1
    # Number of privileged features, see `Privileged`. Policies do not use them, so spaces that
    # differ only in this are equal.
    num_privileged: int = field(default=0, compare=False)
    # The first num_actions * privileged_per_action of them are blocks of one feature per action.
    privileged_per_action: int = field(default=0, compare=False)
    # Privileged features of each pair of state and action, see `Privileged.privileged_pairs`.
    privileged_per_pair: int = field(default=0, compare=False)
    # Labels by dead reckoning, see `LabelMaker`; 0 if there are none.
    num_reckoned: int = field(default=0, compare=False)
    # Further labels by dead reckoning, of earlier visits to places; 0 if there are none.
    num_visits: int = field(default=0, compare=False)
    # Likewise of shortest known paths to the target.
    num_paths: int = field(default=0, compare=False)
    # Length of episodes and trials where it is the same for all; agents may be shown it.
    steps_per_episode: int | None = field(default=None, compare=False)
    steps_per_trial: int | None = field(default=None, compare=False)
    # Of mazes whose rewards tell walls and targets; agents with a map need it.
    odometry: Odometry | None = field(default=None, compare=False)

    @property
    def num_critic_features(self) -> int:
        """Size of `Trial.privileged`: the environment's features and the trial's progress."""
        return self.num_privileged + 1

    def __str__(self) -> str:
        """The fields by which spaces are compared, for messages; `repr` has all fields."""
        return ", ".join(f"{name}={value}" for name, value in self._compared().items())

    def apart_from(self, other: "Spaces") -> tuple[str, str]:
        """The sizes of each in which spaces that are not equal differ, for messages."""
        return differences(self._compared(), other._compared())

    def _compared(self) -> dict[str, Any]:
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.compare}
        return {name: value for name, value in given.items() if value is not None}


@runtime_checkable
class TaskSampler(Protocol):
    """A distribution over tasks."""

    def sample(self, rng: torch.Generator, num_tasks: int) -> Any:
        """Draws tasks: a tensor, or a named tuple of tensors, with leading axis `num_tasks`."""
        ...


@runtime_checkable
class BatchedEnv(Protocol):
    """B environments, each with its own task."""

    spaces: Spaces
    num_envs: int
    device: torch.device

    def set_task(self, tasks: Any, mask: Tensor) -> None:
        """Gives environment b the task `tasks[b]` where `mask[b]`; other entries are ignored.

        Args:
            tasks: Tasks of the suite's sampler, with leading axis B.
            mask: [B] bool.
        """
        ...

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of environment b where `mask[b]`; returns all observations."""
        ...

    def step(self, action: Tensor) -> EnvStep:
        """Advances by one action, [B] int64. Ended episodes wait for `reset`."""
        ...

    def close(self) -> None:
        """Frees all resources; safe to call twice."""
        ...


@runtime_checkable
class Privileged(Protocol):
    """An environment with privileged features for an asymmetric critic (Pinto et al. 2017)."""

    def privileged(self) -> Tensor:
        """Features of the task and of the state, [B, spaces.num_privileged] float32.

        They are of about unit scale and depend on the task and the state alone.
        """
        ...

    def privileged_pairs(self) -> Tensor:
        """Features of every pair of state and action, [B, S * A, spaces.privileged_per_pair].

        For suites with `privileged_per_pair` alone.
        """
        ...

    def training_reward(self) -> Tensor:
        """Reward of the last step's actions in training, [B] float32.

        Where the optimal policy for the known task can be computed, this is the advantage of the
        actions under it, at most 0: the reward without its noise, shaped by the optimal value (Ng
        et al. 1999). Summed over a trial it is, on average, the regret with its sign reversed.
        Elsewhere it is the reward. NaN unless `privileged` was called before the step.
        """
        ...


@runtime_checkable
class KnownOptimum(Protocol):
    """An environment whose optimal policy for the known task can be computed."""

    def regret(self, action: Tensor) -> Tensor:
        """Expected reward that actions lose against the optimal ones, [B] float32, at least 0.

        It is the optimal value of the present state less the optimal Q value of the action, for the
        known task and the rest of the episode. Summed over an episode it is, on average, the
        optimal value of the episode less its reward.

        Args:
            action: [B] int64, actions that are about to be taken.
        """
        ...


@runtime_checkable
class LabelMaker(Protocol):
    """Labels for an auxiliary loss from nothing but what the agent is fed: no privileged ones."""

    def __call__(self, is_first: Tensor, action: Tensor, reward: Tensor, done: Tensor) -> Tensor:
        """Labels of a rollout that continues the last one, NaN where one is unknown.

        Args:
            is_first: [T, B] bool, first steps of trials.
            action: [T, B] int64.
            reward: [T, B] float32, of the actions.
            done: [T, B] bool, whether an episode ended with them.

        Returns:
            [T, B, spaces.num_reckoned] float32, before the actions, on the rollout's device. Those
            of earlier visits, or of paths, follow if they were asked for.
        """
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """All that the next labels depend on."""
        ...

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restores the `state_dict` of an object with the same settings."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """Something whose state can be saved and restored exactly. Engines cannot."""

    def state_dict(self) -> dict[str, Any]:
        """All state, as tensors and plain values."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores the `state_dict` of an object with the same settings."""
        ...


@runtime_checkable
class Agent(Protocol):
    """A policy with memory: a trained network, or an algorithm whose carry is its counts."""

    def initial_carry(self, batch_size: int) -> Any:
        """The memory at the start of a trial."""
        ...

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """Chooses actions, [B] int64, after resetting the carry where `timestep.is_first`.

        Returns:
            action, the new carry, and extras that only the agent's own learner uses.
        """
        ...
