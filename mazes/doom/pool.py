"""Many games at once, as a `core.types.BatchedEnv`: worker processes in lockstep.

An engine that dies or hangs is replaced within the step; its copy reports `crashed`, and its next
reset starts the task over. A worker that dies is replaced with all its engines, and all its copies
that were in an episode are lost. The other copies notice nothing but the time it takes.
"""

import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.registries import ENGINES
from ...core.types import EnvStep, Spaces
from ..planning.privileged import NUM_PRIVILEGED, PrivilegedFeatures
from ..rules import ACTION_NAMES, MazeRules
from ..tasks import MazeSet
from .cleanup import Home
from .shared_memory import LOST, NO_TASK, RESET, RUNNING, STEP, SharedArrays, WorkerJob
from .worker_handle import WorkerHandle

MAX_REPLACEMENTS = 3  # of one worker without a success in between


@ENGINES.register("doom")
@dataclass
class EngineSettings:
    """Settings of the processes that engines run in.

    Attributes:
        num_workers: Processes that share out the engines, each on a core of its own; 0 means one
            for each core that this process may use. (Engines that feed a GPU play in two halves,
            each of which has so many.)
        hang_timeout: Seconds of silence after which an engine is killed and replaced.
    """

    num_workers: int = 0
    hang_timeout: float = 10.0

    def __post_init__(self):
        if self.num_workers < 0:
            raise UserError(
                f"num_workers is {self.num_workers}; it must be at least 1, or 0 for one a core"
            )
        if self.hang_timeout < 1:
            raise UserError(
                f"hang_timeout is {self.hang_timeout}; it must be at least 1 second, or engines "
                "that are merely slow would be killed"
            )


class DoomPool:
    """B copies of the maze game in the engine. Tasks are indices into a set of mazes.

    Attributes:
        mazes: The set.
        rules: Of the game.
        spaces: Of observations and actions.
        num_envs: B.
        device: The CPU.

    Args:
        mazes: The mazes that tasks are indices into.
        rules: Of the game.
        num_envs: B; any number, workers share them out as evenly as it goes.
        settings: Of the processes.
        first_core: Of the cores that this process may use, that of the first worker.
    """

    def __init__(
        self,
        mazes: MazeSet,
        rules: MazeRules,
        num_envs: int,
        settings: EngineSettings | None = None,
        first_core: int = 0,
    ):
        if num_envs < 1:
            raise UserError(f"num_envs is {num_envs}; it must be at least 1")
        settings = settings or EngineSettings()
        self.mazes = mazes
        self.rules = rules
        self.num_envs = num_envs
        self.device = torch.device("cpu")
        image_shape = (rules.obs_height, rules.obs_width, 3)
        self.spaces = Spaces(len(ACTION_NAMES), image_shape, num_privileged=NUM_PRIVILEGED)
        self._features: PrivilegedFeatures | None = None  # made where it is asked for
        self._steps = np.zeros(num_envs, np.int64)  # taken in this episode

        cores = sorted(os.sched_getaffinity(0))
        num_workers = min(settings.num_workers or len(cores), num_envs)
        self._hang_timeout = settings.hang_timeout
        self._memory = os.memfd_create("pool")
        self._shared = SharedArrays(self._memory, num_envs, num_workers, image_shape)
        self._shared.task[:] = NO_TASK
        self._obs = torch.from_numpy(self._shared.obs)
        self._replacements = [0] * num_workers
        self._crews: list[WorkerHandle] = []
        self._home = Home()
        bounds = [num_envs * i // num_workers for i in range(num_workers + 1)]
        self._jobs = [
            WorkerJob(
                index=i,
                core=cores[(first_core + i) % len(cores)],
                copies=range(bounds[i], bounds[i + 1]),
                rules=rules,
                mazes=mazes.mazes,
                home=self._home.path,
                socket=-1,
                memory=self._memory,
                num_envs=num_envs,
                num_workers=num_workers,
            )
            for i in range(num_workers)
        ]
        try:
            for job in self._jobs:
                self._crews.append(WorkerHandle(job, self._shared, self._hang_timeout))
            for index, crew in enumerate(self._crews):
                if not crew.answered():
                    self._replace(index)
        except BaseException:
            self.close()
            raise

    @property
    def poses(self) -> Tensor:
        """Where each copy's player stands, [B, 3] float32: x, y [map units], angle [degrees]."""
        return torch.from_numpy(self._shared.pose.copy())

    @property
    def engine_pids(self) -> list[int]:
        """Process id of each copy's engine."""
        return self._shared.engine_pid.tolist()

    @property
    def worker_pids(self) -> list[int]:
        """Process id of each worker."""
        return [crew.pid for crew in self._crews]

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives copy b the maze `tasks[b]` where `mask[b]`; its next reset begins episode 0."""
        chosen, where = tasks.numpy(), mask.numpy()
        wrong = where & ((chosen < 0) | (chosen >= len(self.mazes)))
        if wrong.any():
            raise IndexError(
                f"task {chosen[wrong][0]} is none of the mazes 0 .. {len(self.mazes) - 1}"
            )
        np.copyto(self._shared.task, chosen, where=where)
        np.copyto(self._shared.episode, 0, where=where)

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of copy b where `mask[b]`.

        Returns:
            The observation of all copies, [B, H, W, 3] uint8; a view that the next call changes.
        """
        where = mask.numpy()
        if (where & (self._shared.task == NO_TASK)).any():
            raise RuntimeError("reset of a copy that has no task yet; call set_task first")
        np.copyto(self._shared.reset_mask, where)
        np.copyto(self._steps, 0, where=where)
        while waiting := [i for i, crew in enumerate(self._crews) if where[crew.span].any()]:
            self._have_done(RESET, waiting)
            where = self._shared.reset_mask  # what a worker that died has left undone
        return self._obs

    def step(self, action: Tensor) -> EnvStep:
        """Advances every copy that is in an episode by one action, [B] int64."""
        shared = self._shared
        np.copyto(shared.action, action.numpy())
        if not ((shared.action >= 0) & (shared.action < self.spaces.num_actions)).all():
            raise ValueError(f"actions must lie in 0 .. {self.spaces.num_actions - 1}")
        self._steps += 1
        shared.reward[:] = 0
        shared.terminated[:] = False
        shared.truncated[:] = False
        self._have_done(STEP, range(len(self._crews)))
        return EnvStep(
            obs=self._obs,
            reward=torch.from_numpy(shared.reward.copy()),
            terminated=torch.from_numpy(shared.terminated.copy()),
            truncated=torch.from_numpy(shared.truncated.copy()),
            crashed=torch.from_numpy(shared.phase == LOST),
        )

    def privileged(self) -> Tensor:
        """The way to the target, see `mazes.planning.privileged.PrivilegedFeatures`."""
        if self._features is None:
            self._features = PrivilegedFeatures(self.mazes, self.rules.horizon, self.device)
        task = torch.from_numpy(self._shared.task.copy())
        next_episode = torch.from_numpy(self._shared.episode.copy())
        return self._features(task, next_episode, self.poses, torch.from_numpy(self._steps))

    def training_reward(self) -> Tensor:
        """The reward itself: nothing here is left to chance. See `core.types.Privileged`."""
        return torch.from_numpy(self._shared.reward.copy())

    def close(self) -> None:
        """Ends workers and engines, and removes what they left; safe to call twice."""
        for crew in self._crews:
            crew.dismiss()
        self._crews.clear()
        self._home.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def __enter__(self) -> "DoomPool":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def _have_done(self, command: bytes, workers) -> None:
        """Has some workers obey a command at the same time; replaces those that die of it."""
        for index in workers:
            self._crews[index].tell(command)
        for index in workers:
            if self._crews[index].answered():
                self._replacements[index] = 0
            else:
                self._replace(index)

    def _replace(self, index: int) -> None:
        """Starts a worker in the place of a dead one, whose running episodes are lost."""
        dead = self._crews[index]
        running = self._shared.phase[dead.span] == RUNNING
        self._shared.phase[dead.span][running] = LOST
        self._shared.episode[dead.span][running] = 0
        answered = False
        while not answered:
            last_words = dead.last_words()
            dead.dismiss()
            if self._replacements[index] == MAX_REPLACEMENTS:
                raise ChildProcessError(
                    f"worker {index} died {MAX_REPLACEMENTS + 1} times in a row: {last_words}"
                )
            self._replacements[index] += 1
            self._crews[index] = dead = WorkerHandle(
                self._jobs[index], self._shared, self._hang_timeout
            )
            answered = dead.answered()
