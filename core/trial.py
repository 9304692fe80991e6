"""A trial: K episodes on one task, run in B environments at once.

The agent's memory lives through a trial. `Trial` therefore marks its first step (`is_first`) and
feeds back the previous action, reward and end (Duan et al. 2016, figure 1). The observation after
an episode's end is the first one of the next episode: the end takes no step of its own.
"""

from typing import Any, cast

import torch
from torch import Tensor

from .checked_suite import FirstStep
from .errors import UserError
from .registries.registry import is_own
from .types import BatchedEnv, Outcome, Privileged, Resumable, TaskSampler, TimeStep


def take(tasks: Any, index: Tensor) -> Any:
    """`tasks[index]` for a tensor or a named tuple of tensors."""
    if isinstance(tasks, Tensor):
        return tasks[index]
    return type(tasks)(*(field[index] for field in tasks))


class Trial:
    """Runs trials without end in every environment.

    Counters stay in the same tensors, so that a step can be captured in a CUDA graph.

    Attributes:
        trial_index: [B] int64, trial that each environment is in, counted in the order they began.

    Args:
        env: B environments.
        sampler: Draws each new trial's task.
        episodes_per_trial: K.
        tasks: If given, trial i runs on `tasks[i]` instead of a fresh draw (the last one again
            when they run out). Evaluation uses it to run each task once.
    """

    def __init__(
        self,
        env: BatchedEnv,
        sampler: TaskSampler,
        episodes_per_trial: int,
        tasks: Any = None,
    ):
        if episodes_per_trial < 1:
            raise UserError(f"episodes_per_trial is {episodes_per_trial}; it must be at least 1")
        self.env = env
        self.sampler = sampler
        self.episodes_per_trial = episodes_per_trial
        self.tasks = tasks
        self.rng = torch.Generator(device=env.device)
        self.trial_index = torch.zeros(env.num_envs, dtype=torch.int64, device=env.device)
        self.episode = torch.zeros_like(self.trial_index)
        self.trials_begun = torch.zeros((), dtype=torch.int64, device=env.device)
        self._unchecked = None if is_own(type(env)) else FirstStep(env)

    def reset(self, seed: int) -> TimeStep:
        """Begin a new trial in every environment; the draws of tasks depend on `seed` alone."""
        self.rng.manual_seed(seed)
        self.trials_begun.zero_()
        return self.restart()

    def restart(self) -> TimeStep:
        """Begin a new trial in every environment, from the current random state."""
        everyone = torch.ones_like(self.episode, dtype=torch.bool)
        self.episode.zero_()
        self._new_tasks(everyone)
        obs = self.env.reset(everyone)
        if self._unchecked is not None:
            self._unchecked.require_obs("reset", obs)
        none = torch.zeros_like(everyone)
        return TimeStep(obs, torch.zeros_like(self.episode), none.float(), none, everyone)

    def step(self, action: Tensor) -> tuple[TimeStep, Outcome]:
        """Advance every environment by one action, [B] int64."""
        result = self.env.step(action)
        if self._unchecked is not None:
            self._unchecked.require_step(result)
            self._unchecked = None
        done = result.terminated | result.truncated
        finished = done & (self.episode == self.episodes_per_trial - 1)
        first = finished | result.crashed
        episode = self.episode.clone()
        outcome = Outcome(result.reward, done, first, episode, result.crashed, result.terminated)

        obs = result.obs
        restart = done | result.crashed
        if _may_hold(restart):
            if _may_hold(finished):
                self._new_tasks(finished)
            obs = self.env.reset(restart)  # a crashed environment begins the same task again
        self.episode.add_(done.long()).masked_fill_(first, 0)
        timestep = TimeStep(
            obs=obs,
            prev_action=torch.where(first, 0, action),
            prev_reward=torch.where(first, 0.0, result.reward),
            prev_done=done & ~first,
            is_first=first,
        )
        return timestep, outcome

    def privileged(self) -> Tensor:
        """Privileged features of the present time step, given to the critic alone.

        Returns:
            [B, num_critic_features] float32: the environment's features, see
            `core.types.Privileged`, and the share of the trial's episodes that are over.
        """
        env = cast("Privileged", self.env)  # a test of a protocol would take longer than the step
        over = self.episode[:, None] / self.episodes_per_trial
        return torch.cat((env.privileged(), over), -1)

    def privileged_pairs(self) -> Tensor:
        """Privileged features of all pairs of state and action, see `core.types.Privileged`."""
        return cast("Privileged", self.env).privileged_pairs()

    def training_reward(self) -> Tensor:
        """Training reward of the last actions, see `core.types.Privileged`."""
        return cast("Privileged", self.env).training_reward()

    def state_dict(self) -> dict[str, Any] | None:
        """State for `load_state_dict`; None if the environment cannot be resumed."""
        if not isinstance(self.env, Resumable):
            return None
        counters = {name: getattr(self, name).clone() for name in _COUNTERS}
        return {**counters, "rng": self.rng.get_state(), "env": self.env.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from the `state_dict` of an equal trial; the time step is the caller's."""
        assert isinstance(self.env, Resumable)
        for name in _COUNTERS:
            getattr(self, name).copy_(state[name])
        self.rng.set_state(state["rng"])
        self.env.load_state_dict(state["env"])

    def _new_tasks(self, mask: Tensor) -> None:
        index = self.trials_begun + mask.long().cumsum(0) - 1
        self.trial_index.copy_(torch.where(mask, index, self.trial_index))
        self.trials_begun.add_(mask.sum())
        if self.tasks is None:
            tasks = self.sampler.sample(self.rng, self.env.num_envs)
        else:
            field = self.tasks if isinstance(self.tasks, Tensor) else self.tasks[0]
            tasks = take(self.tasks, self.trial_index.clamp(max=len(field) - 1))
        self.env.set_task(tasks, mask)


_COUNTERS = ("trial_index", "episode", "trials_begun")


def _may_hold(mask: Tensor) -> bool:
    """Whether any entry may be true; on a GPU always, since asking would wait for it."""
    return mask.device.type != "cpu" or bool(mask.any())
