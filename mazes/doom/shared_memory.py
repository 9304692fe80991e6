"""Memory shared by a pool and its workers: arrays over one anonymous memory file.

The pool writes tasks, masks and actions before it gives the workers a command. Until it answers, a
worker writes the entries of its own environments. No lock is needed.
"""

import mmap
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..maze import Maze
from ..rules import MazeRules
from .bell import Bell

WAITING, RUNNING, CRASHED = range(3)  # phase: before a reset; in an episode; after a crash
NO_TASK = -1
STEP, RESET = 1, 2  # commands
COMMANDS = 4  # the n-th command of a worker rings as n * COMMANDS + command
ALIGNMENT = 64  # bytes; no two arrays share a cache line


class SharedArrays:
    """Arrays of B environments and W workers over one memory file.

    Attributes:
        obs: [B, H, W, 3] uint8, observation.
        reward: [B] float32, of the last step.
        terminated, truncated: [B] bool, of the last step.
        pose: [B, 3] float32: x, y [map units], angle [degrees].
        action: [B] int64, of the next step.
        reset_mask: [B] bool; a worker clears an entry when the episode has begun.
        task: [B] int64, index of the maze.
        episode: [B] int64, number of the episode that the next reset begins.
        phase: [B] uint8, `WAITING`, `RUNNING` or `CRASHED`.
        engine_pid: [B] int64, process id; 0 while there is no engine.
        current: [W] int64, the environment whose engine the worker is calling.
        command: [W] int64, number and kind of the newest command, see `COMMANDS`.
        answers: [W] int64, number of commands that the worker has finished.
        asleep: [2, W] bool, whether the worker, and whether the pool, has to be woken for it.
        heartbeat: [W] int64, number of calls to engines; while it rises, the worker is alive.

    Args:
        descriptor: Descriptor of the memory file, which is resized.
        num_envs: B.
        num_workers: W.
        image_shape: (H, W, 3), shape of an observation.
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
            "command": ((num_workers,), np.int64),
            "answers": ((num_workers,), np.int64),
            "asleep": ((2, num_workers), np.bool_),
            "heartbeat": ((num_workers,), np.int64),
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
        self.command = array("command")
        self.answers = array("answers")
        self.asleep = array("asleep")
        self.heartbeat = array("heartbeat")

    def bells(self, worker: int, line: socket.socket) -> tuple[Bell, Bell]:
        """The bells of a worker's commands and of its answers, over its socket."""
        one = slice(worker, worker + 1)
        return (
            Bell(self.command[one], self.asleep[0, one], line),
            Bell(self.answers[one], self.asleep[1, one], line),
        )


@dataclass(frozen=True)
class WorkerJob:
    """Settings that a worker gets at its start.

    Attributes:
        index: Number of the worker.
        core: Processor core of the worker and its engines.
        envs: Environments of the worker.
        rules: Rules of the episodes.
        mazes: Mazes that tasks index.
        home: Private folder of the worker.
        socket: Descriptor of the worker's end of the socket to the pool.
        memory: Descriptor of the shared memory file.
        num_envs: Environments of the whole pool.
        num_workers: Workers of the whole pool.
    """

    index: int
    core: int
    envs: range
    rules: MazeRules
    mazes: Sequence[Maze]
    home: Path
    socket: int
    memory: int
    num_envs: int
    num_workers: int
