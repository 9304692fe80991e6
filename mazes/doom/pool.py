"""Engines as a `core.types.BatchedEnv`: worker processes in lockstep.

An engine that dies or hangs is replaced within the step; its environment reports `crashed`, and the
next reset begins the task again. A worker that dies is replaced with all its engines, and all its
running environments report `crashed`. Other environments are not affected.
"""

import os
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ...core.errors import SimulatorError, UserError
from ...core.registries.groups import ENGINES
from ...core.types import EnvStep
from ...core.validation import at_least, check, count
from ..checks import checked_actions, checked_mask, checked_tasks, require_open
from ..planning.privileged import PrivilegedFeatures
from ..rules import MazeRules
from ..spaces import maze_spaces
from ..tasks import MazeSet
from .cleanup import SHARED_FOLDER, Home
from .shared_memory import CRASHED, NO_TASK, RESET, RUNNING, STEP, SharedArrays, WorkerJob
from .worker_handle import WorkerHandle

MAX_REPLACEMENTS = 30  # of one worker, without an answer to a command
MAX_FRUITLESS = 3  # the same, of a worker that has not started a single engine


@ENGINES.register("doom")
@dataclass
class EngineSettings:
    """Settings of the processes that engines run in.

    Attributes:
        num_workers: Worker processes, each on its own core, among which the engines are divided; 0
            means one per core that this process may use. With double-buffered sampling each of
            the two halves has so many.
        hang_timeout: Seconds of silence after which an engine is killed and replaced.
    """

    title: ClassVar[str] = "ViZDoom"

    num_workers: int = count(0, least=0, most=10_000)
    hang_timeout: float = at_least(1, 10.0)

    def __post_init__(self):
        check(self, "engine")

    def start(self, mazes: MazeSet, rules: MazeRules, num_envs: int) -> "DoomPool":
        """Start `num_envs` engines on a set of mazes."""
        return DoomPool(mazes, rules, num_envs, self)


class DoomPool:
    """B maze environments in the engine. Tasks are indices into a set of mazes.

    Attributes:
        mazes: The set of mazes.
        rules: Rules of the episodes.
        spaces: Observations and actions.
        num_envs: B.
        device: The CPU.

    Args:
        mazes: Mazes that tasks index.
        rules: Rules of the episodes.
        num_envs: B; workers divide the environments as evenly as possible.
        settings: Settings of the processes.
        first_core: Core of the first worker, an index into the cores that this process may use.
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
        self.spaces = maze_spaces(rules)
        self._features: PrivilegedFeatures | None = None  # computed on demand
        self._steps = np.zeros(num_envs, np.int64)  # steps taken in this episode

        cores = sorted(os.sched_getaffinity(0))
        num_workers = min(settings.num_workers or len(cores), num_envs)
        self._hang_timeout = settings.hang_timeout
        self._memory = os.memfd_create("pool")
        self._shared = SharedArrays(
            self._memory, num_envs, num_workers, (rules.obs_height, rules.obs_width, 3)
        )
        self._shared.task[:] = NO_TASK
        self._obs = torch.from_numpy(self._shared.obs)
        self._replacements = [0] * num_workers
        self._fruitless = [0] * num_workers
        self._workers: list[WorkerHandle] = []
        self._home = Home()
        bounds = [num_envs * i // num_workers for i in range(num_workers + 1)]
        self._jobs = [
            WorkerJob(
                index=i,
                core=cores[(first_core + i) % len(cores)],
                envs=range(bounds[i], bounds[i + 1]),
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
                self._workers.append(WorkerHandle(job, self._shared, self._hang_timeout))
            for index, worker in enumerate(self._workers):
                if not worker.wait():
                    self._replace(index)
        except BaseException:
            self.close()
            raise

    @property
    def poses(self) -> Tensor:
        """Poses of the players, [B, 3] float32: x, y [map units], angle [degrees]."""
        return torch.from_numpy(self._shared.pose.copy())

    @property
    def engine_pids(self) -> list[int]:
        """Process id of each environment's engine."""
        return self._shared.engine_pid.tolist()

    @property
    def worker_pids(self) -> list[int]:
        """Process id of each worker."""
        return [worker.pid for worker in self._workers]

    def set_task(self, tasks: Tensor, mask: Tensor) -> None:
        """Gives environment b the maze `tasks[b]` where `mask[b]`; the next reset is episode 0."""
        mask = checked_mask(mask, self.num_envs)
        chosen, where = checked_tasks(tasks, mask, len(self.mazes)).numpy(), mask.numpy()
        np.copyto(self._shared.task, chosen, where=where)
        np.copyto(self._shared.episode, 0, where=where)

    def reset(self, mask: Tensor) -> Tensor:
        """Begins the next episode of environment b where `mask[b]`.

        Returns:
            Observations of all environments, [B, H, W, 3] uint8; the next call overwrites them.
        """
        require_open(self._memory >= 0)
        where = checked_mask(mask, self.num_envs).numpy()
        if (where & (self._shared.task == NO_TASK)).any():
            raise RuntimeError("reset of an environment that has no task yet; call set_task first")
        np.copyto(self._shared.reset_mask, where)
        np.copyto(self._steps, 0, where=where)
        while waiting := [i for i, worker in enumerate(self._workers) if where[worker.span].any()]:
            self._run(RESET, waiting)
            where = self._shared.reset_mask  # entries that a dead worker has left
        return self._obs

    def step(self, action: Tensor) -> EnvStep:
        """Advances every running environment by one action, [B] int64."""
        require_open(self._memory >= 0)
        shared = self._shared
        np.copyto(shared.action, checked_actions(action, self.num_envs).numpy())
        self._steps += 1
        shared.reward[:] = 0
        shared.terminated[:] = False
        shared.truncated[:] = False
        self._run(STEP, range(len(self._workers)))
        return EnvStep(
            obs=self._obs,
            reward=torch.from_numpy(shared.reward.copy()),
            terminated=torch.from_numpy(shared.terminated.copy()),
            truncated=torch.from_numpy(shared.truncated.copy()),
            crashed=torch.from_numpy(shared.phase == CRASHED),
        )

    def privileged(self) -> Tensor:
        """See `mazes.planning.privileged.PrivilegedFeatures`."""
        if self._features is None:
            self._features = PrivilegedFeatures(self.mazes, self.rules.horizon, self.device)
        task = torch.from_numpy(self._shared.task.copy())
        next_episode = torch.from_numpy(self._shared.episode.copy())
        return self._features(task, next_episode, self.poses, torch.from_numpy(self._steps))

    def training_reward(self) -> Tensor:
        """The reward itself, which is deterministic. See `core.types.Privileged`."""
        return torch.from_numpy(self._shared.reward.copy())

    def close(self) -> None:
        """Ends workers and engines and removes their files; safe to call twice."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        self._home.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def __enter__(self) -> "DoomPool":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def __reduce__(self):
        """Refuse to be pickled or copied."""
        raise TypeError(
            "environments in the engine are processes, which cannot be pickled or copied; make "
            "others from the same mazes and rules, or use engine=twin, which can be"
        )

    def _run(self, command: int, workers) -> None:
        """Runs a command in some workers in parallel; replaces workers that die."""
        for index in workers:
            self._workers[index].send(command)
        for index in workers:
            if self._workers[index].wait():
                self._replacements[index] = 0
            else:
                self._replace(index)

    def _replace(self, index: int) -> None:
        """Starts a worker in place of a dead one, whose running environments have crashed."""
        dead = self._workers[index]
        running = self._shared.phase[dead.span] == RUNNING
        self._shared.phase[dead.span][running] = CRASHED
        self._shared.episode[dead.span][running] = 0
        ready = False
        while not ready:
            self._replacements[index] += 1
            if self._shared.engine_pid[dead.span].any():
                self._fruitless[index] = 0  # an engine had started, so that others can
            self._fruitless[index] += 1
            cause = dead.cause_of_death()
            dead.kill()
            died = self._replacements[index]
            if dead.lacks_memory():
                raise SimulatorError(
                    f"engine worker {index} died, {cause}; free some of {SHARED_FOLDER}, or give a "
                    "container more (--shm-size)"
                )
            if self._fruitless[index] > MAX_FRUITLESS or died > MAX_REPLACEMENTS:
                raise SimulatorError(f"engine worker {index} died {died} times in a row, {cause}")
            self._workers[index] = dead = WorkerHandle(
                self._jobs[index], self._shared, self._hang_timeout
            )
            ready = dead.wait()
        self._fruitless[index] = 0
