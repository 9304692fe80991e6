"""An agent whose actions are scripted, and an environment whose episodes are."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rl2_mazes.core.types import EnvStep, Spaces


class Script:
    """Takes one action after the other, whatever it sees."""

    def __init__(self, actions):
        self.actions = actions

    def initial_carry(self, batch_size):
        return 0

    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, self.actions[carry]), carry + 1, None


class UniformTasks:
    """Draws task numbers below `num_tasks`."""

    def __init__(self, num_tasks: int):
        self.num_tasks = num_tasks

    def sample(self, rng: torch.Generator, num_tasks: int) -> Tensor:
        return torch.randint(self.num_tasks, (num_tasks,), generator=rng)


class ScriptedEnv:
    """Task i's episode e lasts `lengths[i][e]` steps and succeeds if `wins[i][e]`.

    The observation is 1000 * task + 100 * episode + step; the reward of a step is one hundredth of
    the observation it was taken at.

    Args:
        num_envs: B.
        lengths: Steps, by task and episode.
        wins: Whether the episode terminates (else it is truncated), by task and episode; if not
            given, all do.
        crashes: (environment, step, from 0) at which an environment crashes.
    """

    spaces = Spaces(num_actions=3, num_states=100_000)
    device = torch.device("cpu")

    def __init__(
        self,
        num_envs: int,
        lengths: Sequence[Sequence[int]],
        wins: Sequence[Sequence[bool]] | None = None,
        crashes: Sequence[tuple[int, int]] = (),
    ):
        self.num_envs = num_envs
        self.lengths = torch.tensor(lengths)
        self.wins = torch.ones_like(self.lengths).bool() if wins is None else torch.tensor(wins)
        self.crashes = set(crashes)
        self.steps_done = 0
        self.task = torch.full((num_envs,), -1)
        self.episode = torch.full((num_envs,), -1)
        self.time = torch.full((num_envs,), -1)
        self.begun: list[tuple[int, int]] = []  # (environment, task), in order

    @property
    def poses(self) -> Tensor:
        return torch.stack((self.task, self.episode, self.time), 1).float()

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        self.task = torch.where(mask, tasks, self.task)
        self.episode = torch.where(mask, -1, self.episode)
        self.begun += [(b, int(tasks[b])) for b in range(self.num_envs) if mask[b]]

    def reset(self, mask: Tensor) -> Tensor:
        self.episode = torch.where(mask, self.episode + 1, self.episode)
        self.time = torch.where(mask, 0, self.time)
        return self._obs()

    def step(self, action: Tensor) -> EnvStep:
        assert action.shape == (self.num_envs,)
        at = self.task, self.episode
        reward = self._obs() / 100
        self.time = self.time + 1
        ended = self.time == self.lengths[at]
        assert (self.time <= self.lengths[at]).all(), "an ended episode was not reset"
        crashed = torch.tensor([(b, self.steps_done) in self.crashes for b in range(self.num_envs)])
        self.episode = torch.where(crashed, -1, self.episode)
        self.steps_done += 1
        win = self.wins[at]
        return EnvStep(
            self._obs(), reward, ended & win & ~crashed, ended & ~win & ~crashed, crashed
        )

    def close(self) -> None:
        pass

    def _obs(self) -> Tensor:
        return 1000 * self.task + 100 * self.episode + self.time
