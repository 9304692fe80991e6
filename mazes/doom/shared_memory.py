"""What a pool and its workers share: one anonymous memory file, seen by all as the same arrays.

Who writes what: the pool writes tasks, masks and actions before it wakes the workers; a worker
writes everything of its own copies until it answers. So no lock is needed.
"""

import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..maze import Maze
from ..rules import MazeRules

WAITING, RUNNING, LOST = range(3)  # phase of a copy: for a reset; in an episode; for one, broken
NO_TASK = -1
STEP, RESET, ANSWER = b"s", b"r", b"."  # what goes over a worker's socket
ALIGNMENT = 64  # bytes; arrays that different cores write share no cache line


class SharedArrays:
    """The arrays of B copies and W workers, over one memory file.

    Attributes:
        obs: [B, H, W, 3] uint8.
        reward: [B] float32, of the last step.
        terminated, truncated: [B] bool, of the last step.
        pose: [B, 3] float32: x, y [map units], angle [degrees].
        action: [B] int64, of the step to take.
        reset_mask: [B] bool; a worker clears an entry when the copy's episode has begun.
        task: [B] int64, index of the copy's maze.
        episode: [B] int64, number of the episode that the next reset begins.
        phase: [B] uint8, `WAITING`, `RUNNING` or `LOST`.
        engine_pid: [B] int64, 0 while there is no engine.
        current: [W] int64, the copy whose engine the worker is busy with.
        answers: [W] int64, how often the worker has done what it was told.
        beat: [W] int64, counts calls to engines: while it rises the worker is alive.

    Args:
        descriptor: Of the memory file; it is made long enough.
        num_envs: B.
        num_workers: W.
        image_shape: (H, W, 3) of an observation.
    """

    def __init__(
        self, descriptor: int, num_envs: int, num_workers: int, image_shape: tuple[int, int, int]
    ):
        layout = {
            "obs": ((num_envs, *image_shape), np.uint8),
            "reward": ((num_envs,), np.float32),
            "terminated": ((num_envs,), np.bool_),
            "truncated": ((num_envs,), np.bool_),
            "pose": ((num_envs, 3), np.float32),
            "action": ((num_envs,), np.int64),
            "reset_mask": ((num_envs,), np.bool_),
            "task": ((num_envs,), np.int64),
            "episode": ((num_envs,), np.int64),
            "phase": ((num_envs,), np.uint8),
            "engine_pid": ((num_envs,), np.int64),
            "current": ((num_workers,), np.int64),
            "answers": ((num_workers,), np.int64),
            "beat": ((num_workers,), np.int64),
        }
        offsets, size = {}, 0
        for name, (shape, dtype) in layout.items():
            offsets[name] = size
            nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
            size += -(-nbytes // ALIGNMENT) * ALIGNMENT
        os.ftruncate(descriptor, size)
        memory = mmap.mmap(descriptor, size)

        def array(name: str) -> np.ndarray:
            shape, dtype = layout[name]
            return np.ndarray(shape, dtype, memory, offsets[name])

        self.obs = array("obs")
        self.reward = array("reward")
        self.terminated = array("terminated")
        self.truncated = array("truncated")
        self.pose = array("pose")
        self.action = array("action")
        self.reset_mask = array("reset_mask")
        self.task = array("task")
        self.episode = array("episode")
        self.phase = array("phase")
        self.engine_pid = array("engine_pid")
        self.current = array("current")
        self.answers = array("answers")
        self.beat = array("beat")


@dataclass(frozen=True)
class WorkerJob:
    """What a worker is told when it starts.

    Attributes:
        index: Which worker it is.
        core: The processor core for it and its engines.
        copies: The copies it plays.
        rules: Of the game.
        mazes: That tasks are indices into.
        home: A folder of its own.
        socket: Descriptor of its end of the socket to the pool.
        memory: Descriptor of the shared memory file.
        num_envs: Copies in the whole pool.
        num_workers: Workers in the whole pool.
    """

    index: int
    core: int
    copies: range
    rules: MazeRules
    mazes: Sequence[Maze]
    home: Path
    socket: int
    memory: int
    num_envs: int
    num_workers: int
