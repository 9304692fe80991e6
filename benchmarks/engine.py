"""Throughput of the pool of Doom engines beside gymnasium's AsyncVectorEnv.

    rl2 bench engine
    rl2 bench engine num_envs=16 num_steps=400

Steps the same game in the same maze with random actions, in interleaved rounds:

    pool                our `DoomPool`
    async_vector_env    gymnasium's AsyncVectorEnv, with a process per environment
    async_pinned        the same, each process pinned to a core
    ceiling             our workers without lockstep, an upper bound

All reduce frames from 160x120 to 40x30. Then measures the pool alone for several numbers of
environments, and with grid movement in trials of two episodes. The last line is one JSON object;
rates are agent steps per second, medians over rounds.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench engine")

import contextlib
import json
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import gymnasium
import numpy as np
import torch

from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import interleave
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.validation import count
from rl2_mazes.mazes.doom.cleanup import Home
from rl2_mazes.mazes.doom.game import MazeGame
from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.doom.shared_memory import NO_TASK, RUNNING, SharedArrays, WorkerJob
from rl2_mazes.mazes.rules import ACTION_NAMES, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks

ROUNDS = 5
WARM_UP = 20  # steps of each environment before the first round
POOL_SIZES = (1, 2, 4, 8, 16, 32)  # environments
GRID_ENVS = 32
WALK = MazeRules(movement="walk", horizon=250)
GRID = MazeRules(movement="grid", horizon=50)
IMAGE_SHAPE = (WALK.obs_height, WALK.obs_width, 3)
LARGE_MAZE = MazeTasks(rooms=5, num_mazes=1)  # 9x9 cells inside the border
SMALL_MAZES = MazeTasks(rooms=3, num_mazes=1000)

Runner = Callable[[int], float]  # steps each environment that often, returns steps per second


@dataclass
class EngineConfig:
    """Keys of `rl2 bench engine`.

    Attributes:
        num_envs: Environments in the comparison, each with an engine of its own.
        num_steps: Steps of each environment in a round.
    """

    num_envs: int = count(8)
    num_steps: int = count(400)


def own_folder(home: Path) -> Path:
    """A folder below `home`: engines that start in one folder at once race for its files."""
    return Path(tempfile.mkdtemp(prefix="process-", dir=home))


def pool_runner(pool: DoomPool) -> Runner:
    """Runner that steps the pool and resets environments whose episode has ended."""
    everyone = torch.ones(pool.num_envs, dtype=torch.bool)
    rng = torch.Generator().manual_seed(0)
    pool.set_task(torch.zeros(pool.num_envs, dtype=torch.int64), everyone)
    pool.reset(everyone)

    def run(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            result = pool.step(torch.randint(len(ACTION_NAMES), (pool.num_envs,), generator=rng))
            ended = result.terminated | result.truncated
            if ended.any():
                pool.reset(ended)
        return steps * pool.num_envs / (time.perf_counter() - start)

    return run


def trial_runner(pool: DoomPool) -> Runner:
    """Runner of trials of two episodes, as in training."""
    trial = Trial(pool, pool.mazes, episodes_per_trial=2)
    rng = torch.Generator().manual_seed(0)
    trial.reset(seed=0)

    def run(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            trial.step(torch.randint(len(ACTION_NAMES), (pool.num_envs,), generator=rng))
        return steps * pool.num_envs / (time.perf_counter() - start)

    return run


class MazeEnv(gymnasium.Env):
    """The same game as a gymnasium environment.

    The engine starts at the first reset. AsyncVectorEnv also makes one environment in the parent
    process, to read its spaces; that one must neither start an engine nor pin the parent to a core.
    """

    observation_space = gymnasium.spaces.Box(0, 255, IMAGE_SHAPE, np.uint8)
    action_space = gymnasium.spaces.Discrete(len(ACTION_NAMES))

    def __init__(self, home: Path, core: int | None):
        self._home = home
        self._core = core
        self._game: MazeGame | None = None

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Begin an episode."""
        if self._game is None:
            cv2.setNumThreads(0)
            if self._core is not None:
                os.sched_setaffinity(0, {self._core})
            self._game = MazeGame(WALK, home=own_folder(self._home))
            self._game.start(MazeSet.draw(LARGE_MAZE)[0])
        self._game.reset()
        return self._observation(), {}

    def step(self, action: int):
        """Take an action."""
        assert self._game
        reward, terminated, truncated = self._game.step(int(action))
        return self._observation(), reward, terminated, truncated, {}

    def close(self) -> None:
        """End the engine."""
        if self._game:
            self._game.close()

    def _observation(self) -> np.ndarray:
        assert self._game
        size = (WALK.obs_width, WALK.obs_height)
        return cv2.resize(self._game.frame, size, interpolation=cv2.INTER_LINEAR)


@contextlib.contextmanager
def async_vector_env(num_envs: int, home: Path, pinned: bool) -> Iterator[Runner]:
    """Runner of gymnasium's AsyncVectorEnv, with frames in shared memory and not copied."""
    cores = sorted(os.sched_getaffinity(0))

    def maker(index: int) -> Callable[[], gymnasium.Env]:
        return lambda: MazeEnv(home, cores[index % len(cores)] if pinned else None)

    envs = gymnasium.vector.AsyncVectorEnv(
        [maker(i) for i in range(num_envs)], shared_memory=True, copy=False, context="spawn"
    )
    rng = np.random.default_rng(0)
    envs.reset()

    def run(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            envs.step(rng.integers(len(ACTION_NAMES), size=num_envs))
        return steps * num_envs / (time.perf_counter() - start)

    try:
        yield run
    finally:
        envs.close()


@contextlib.contextmanager
def free_running(num_envs: int, home: Path) -> Iterator[Runner]:
    """Runner of our workers without lockstep: they never wait for each other."""
    cores = sorted(os.sched_getaffinity(0))[:num_envs]
    context = multiprocessing.get_context("spawn")
    lines, processes = [], []
    for i, core in enumerate(cores):
        line, theirs = context.Pipe()
        share = len(range(i, num_envs, len(cores)))
        process = context.Process(target=_run_free, args=(theirs, home, core, share), daemon=True)
        process.start()
        lines.append(line)
        processes.append(process)
    for line in lines:
        line.recv()

    def run(steps: int) -> float:
        for line in lines:
            line.send(steps)
        return sum(line.recv() for line in lines)

    try:
        yield run
    finally:
        for line in lines:
            line.send(0)
        for process in processes:
            process.join()


def _run_free(line, home: Path, core: int, num_envs: int) -> None:
    """Process of `free_running`: receives numbers of steps, sends rates, ends at 0."""
    from rl2_mazes.mazes.doom.worker import Worker

    os.sched_setaffinity(0, {core})
    memory = os.memfd_create("free")
    shared = SharedArrays(memory, num_envs, 1, IMAGE_SHAPE)
    job = WorkerJob(
        index=0,
        core=core,
        envs=range(num_envs),
        rules=WALK,
        mazes=MazeSet.draw(LARGE_MAZE).mazes,
        home=own_folder(home),
        socket=NO_TASK,
        memory=memory,
        num_envs=num_envs,
        num_workers=1,
    )
    worker = Worker(job)
    rng = np.random.default_rng(core)
    line.send("ready")
    while steps := line.recv():
        start = time.perf_counter()
        for _ in range(steps):
            shared.reset_mask[:] = shared.phase != RUNNING
            worker.reset()
            shared.action[:] = rng.integers(len(ACTION_NAMES), size=num_envs)
            worker.step()
        line.send(steps * num_envs / (time.perf_counter() - start))
    worker.close()


def rates_of(runners: dict[str, Runner], num_steps: int) -> dict[str, float]:
    """Steps per second of each runner, median over interleaved rounds."""
    for run in runners.values():
        run(WARM_UP)
    return interleave({name: partial(run, num_steps) for name, run in runners.items()}, ROUNDS)


def main() -> None:
    """Measure and print."""
    settings = arguments.read(EngineConfig)
    torch.set_num_threads(1)
    large_maze = MazeSet.draw(LARGE_MAZE)

    with contextlib.ExitStack() as stack:
        home = stack.enter_context(contextlib.closing(Home())).path
        pool = stack.enter_context(DoomPool(large_maze, WALK, settings.num_envs))
        runners = {
            "pool": pool_runner(pool),
            "async_vector_env": stack.enter_context(
                async_vector_env(settings.num_envs, home, False)
            ),
            "async_pinned": stack.enter_context(async_vector_env(settings.num_envs, home, True)),
            "ceiling": stack.enter_context(free_running(settings.num_envs, home)),
        }
        rates = rates_of(runners, settings.num_steps)
    for name, rate in rates.items():
        print(f"{name:18} {rate:8,.0f} steps/s")

    by_size = {}
    for num_envs in POOL_SIZES:
        with DoomPool(large_maze, WALK, num_envs) as pool:
            by_size[num_envs] = rates_of({"pool": pool_runner(pool)}, settings.num_steps)["pool"]
        print(f"walk, {num_envs:2} envs      {by_size[num_envs]:8,.0f} steps/s")
    with DoomPool(MazeSet.draw(SMALL_MAZES), GRID, GRID_ENVS) as pool:
        grid = rates_of({"grid": trial_runner(pool)}, settings.num_steps)["grid"]
    print(f"grid, {GRID_ENVS} envs      {grid:8,.0f} steps/s, in trials of two episodes")

    print(
        json.dumps(
            {
                **{name: round(rate) for name, rate in rates.items()},
                "ratio_to_async": round(rates["pool"] / rates["async_vector_env"], 2),
                "share_of_ceiling": round(rates["pool"] / rates["ceiling"], 2),
                "by_num_envs": {str(size): round(rate) for size, rate in by_size.items()},
                "grid": round(grid),
                "num_envs": settings.num_envs,
                "cores": len(os.sched_getaffinity(0)),
                "machine": platform.machine(),
            }
        )
    )
