"""A worker process: runs some of a pool's environments, each on its own engine.

A worker shares one processor core with its engines: every game tic is a message to the engine and
back, and waking another core for it costs more than the tic. The worker waits for the pool's bell,
carries out the command for all its environments, and rings. It is a process, not a thread, because
an engine that dies while it starts kills its Python process.
"""

import os
import pickle
import socket
import sys

import cv2
import vizdoom

from .game import MazeGame
from .shared_memory import (
    COMMANDS,
    CRASHED,
    RESET,
    RUNNING,
    STEP,
    WAITING,
    SharedArrays,
    WorkerJob,
)

ENGINE_FAULTS = (
    vizdoom.ViZDoomErrorException,
    vizdoom.ViZDoomIsNotRunningException,
    vizdoom.ViZDoomUnexpectedExitException,
    vizdoom.MessageQueueException,
    vizdoom.SharedMemoryException,
)
RESET_TRIES = 3  # attempts per reset, each with a new engine


class Worker:
    """The environments of one worker."""

    def __init__(self, job: WorkerJob):
        self._job = job
        rules = job.rules
        image_shape = (rules.obs_height, rules.obs_width, 3)
        self._size = (rules.obs_width, rules.obs_height)
        self._shared = SharedArrays(job.memory, job.num_envs, job.num_workers, image_shape)
        self._games: dict[int, MazeGame] = {}
        if rules.movement == "walk":
            from .contact import ContactPredictor

            # Compiles the prediction now: later, it would look like a hung engine.
            ContactPredictor(job.mazes[0]).count([0.0] * 5, forward=False)
        for env in job.envs:
            self._start_game(env)

    def reset(self) -> None:
        """Begins the next episode of the environments in `reset_mask`."""
        shared = self._shared
        for env in self._job.envs:
            if shared.reset_mask[env]:
                self._begin_episode(env)
                shared.episode[env] += 1
                shared.phase[env] = RUNNING
                shared.reset_mask[env] = False

    def step(self) -> None:
        """Takes one step of every running environment."""
        shared = self._shared
        for env, game in self._games.items():
            if shared.phase[env] != RUNNING:
                continue
            self._announce(env)
            try:
                reward, terminated, truncated = game.step(int(shared.action[env]))
                self._write_observation(env, game)
            except ENGINE_FAULTS:
                self._replace_game(env)
                shared.episode[env] = 0
                shared.phase[env] = CRASHED
                continue
            shared.reward[env] = reward
            shared.terminated[env] = terminated
            shared.truncated[env] = truncated
            if terminated or truncated:
                shared.phase[env] = WAITING

    def serve(self, pool: socket.socket) -> None:
        """Carries out the pool's commands until it closes the socket."""
        commands, answers = self._shared.bells(self._job.index, pool)
        carry_out = {STEP: self.step, RESET: self.reset}
        finished = 1  # the job
        answers.ring(finished)
        while True:
            wanted = (finished + 1) * COMMANDS
            there = commands.look(wanted)
            while not there:
                if not commands.sleep(wanted):
                    return
                there = commands.has_reached(wanted)
            finished, command = divmod(int(self._shared.command[self._job.index]), COMMANDS)
            carry_out[command]()
            answers.ring(finished)

    def close(self) -> None:
        """Ends the engines."""
        for game in self._games.values():
            game.close()

    def _begin_episode(self, env: int) -> None:
        maze = self._job.mazes[self._shared.task[env]]
        for tries_left in reversed(range(RESET_TRIES)):
            self._announce(env)
            game = self._games[env]
            try:
                game.start(maze)
                game.reset(int(self._shared.episode[env]))
                return self._write_observation(env, game)
            except ENGINE_FAULTS:
                self._replace_game(env)
                if not tries_left:
                    raise

    def _write_observation(self, env: int, game: MazeGame) -> None:
        """Writes the observation and the pose of an environment."""
        shared = self._shared
        shared.pose[env] = game.pose
        frame = game.frame
        if frame.shape == shared.obs.shape[1:]:
            shared.obs[env] = frame
        else:
            cv2.resize(frame, self._size, shared.obs[env], interpolation=cv2.INTER_LINEAR)

    def _start_game(self, env: int) -> None:
        self._shared.engine_pid[env] = 0
        self._announce(env)
        self._games[env] = game = MazeGame(self._job.rules, home=self._job.home)
        self._shared.engine_pid[env] = game.engine_pid

    def _replace_game(self, env: int) -> None:
        self._games[env].close()
        self._start_game(env)

    def _announce(self, env: int) -> None:
        """Announces a call to an engine, so that the pool knows which engine hangs."""
        self._shared.current[self._job.index] = env
        self._shared.heartbeat[self._job.index] += 1


def main() -> None:
    """Reads the job from standard input, then serves the pool until it closes the socket."""
    job: WorkerJob = pickle.load(sys.stdin.buffer)
    for descriptor in (job.socket, job.memory):
        os.set_inheritable(
            descriptor, False
        )  # or engines would keep the socket of a dead worker open
    os.sched_setaffinity(0, {job.core})
    cv2.setNumThreads(0)
    with socket.socket(fileno=job.socket) as pool:
        Worker(job).serve(pool)


if __name__ == "__main__":
    main()
