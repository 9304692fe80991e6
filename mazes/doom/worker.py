"""A worker process: plays some of a pool's copies, each on an engine of its own.

It shares one processor core with its engines: every game tic is a message to the engine and back,
and waking another core for it costs more than the tic. Its life is to wait for a byte from the
pool, do what it says for all its copies, and answer. It is a process rather than a thread because
an engine that dies while starting takes its Python process along.
"""

import os
import pickle
import socket
import sys

import cv2
import vizdoom

from .contact import Contact
from .game import MazeGame
from .shared_memory import ANSWER, LOST, RESET, RUNNING, STEP, WAITING, SharedArrays, WorkerJob

ENGINE_FAULTS = (
    vizdoom.ViZDoomErrorException,
    vizdoom.ViZDoomIsNotRunningException,
    vizdoom.ViZDoomUnexpectedExitException,
    vizdoom.MessageQueueException,
    vizdoom.SharedMemoryException,
)
RESET_TRIES = 3  # engines in a row that may die of the same reset


class Worker:
    """The copies of one worker and the games they are played in."""

    def __init__(self, job: WorkerJob):
        self._job = job
        rules = job.rules
        image_shape = (rules.obs_height, rules.obs_width, 3)
        self._size = (rules.obs_width, rules.obs_height)
        self._shared = SharedArrays(job.memory, job.num_envs, job.num_workers, image_shape)
        self._games: dict[int, MazeGame] = {}
        # Compiles the contact rule now: later, its seconds would pass for those of a hung engine.
        Contact(job.mazes[0]).count([0.0] * 5, forward=False)
        for copy in job.copies:
            self._start_game(copy)

    def reset(self) -> None:
        """Begins the next episode of the copies in `reset_mask`."""
        shared = self._shared
        for copy in self._job.copies:
            if shared.reset_mask[copy]:
                self._begin_episode(copy)
                shared.episode[copy] += 1
                shared.phase[copy] = RUNNING
                shared.reset_mask[copy] = False

    def step(self) -> None:
        """Takes the action of every copy that is in an episode."""
        shared = self._shared
        for copy, game in self._games.items():
            if shared.phase[copy] != RUNNING:
                continue
            self._attend(copy)
            try:
                reward, terminated, truncated = game.step(int(shared.action[copy]))
                self._show(copy, game)
            except ENGINE_FAULTS:
                self._replace_game(copy)
                shared.episode[copy] = 0
                shared.phase[copy] = LOST
                continue
            shared.reward[copy] = reward
            shared.terminated[copy] = terminated
            shared.truncated[copy] = truncated
            if terminated or truncated:
                shared.phase[copy] = WAITING

    def answer(self, pool: socket.socket) -> None:
        """Tells the pool that the worker has done what it was told."""
        self._shared.answers[self._job.index] += 1
        pool.send(ANSWER)

    def close(self) -> None:
        """Ends the engines."""
        for game in self._games.values():
            game.close()

    def _begin_episode(self, copy: int) -> None:
        maze = self._job.mazes[self._shared.task[copy]]
        for tries_left in reversed(range(RESET_TRIES)):
            self._attend(copy)
            game = self._games[copy]
            try:
                game.start(maze)
                game.reset(int(self._shared.episode[copy]))
                return self._show(copy, game)
            except ENGINE_FAULTS:
                self._replace_game(copy)
                if not tries_left:
                    raise

    def _show(self, copy: int, game: MazeGame) -> None:
        """Writes what the copy's agent sees, and where it stands."""
        shared = self._shared
        shared.pose[copy] = game.pose
        frame = game.frame
        if frame.shape == shared.obs.shape[1:]:
            shared.obs[copy] = frame
        else:
            cv2.resize(frame, self._size, shared.obs[copy], interpolation=cv2.INTER_LINEAR)

    def _start_game(self, copy: int) -> None:
        self._shared.engine_pid[copy] = 0
        self._attend(copy)
        self._games[copy] = game = MazeGame(self._job.rules, home=self._job.home)
        self._shared.engine_pid[copy] = game.engine_pid

    def _replace_game(self, copy: int) -> None:
        self._games[copy].close()
        self._start_game(copy)

    def _attend(self, copy: int) -> None:
        """Says which engine the worker is about to call, for the pool to know which one hangs."""
        self._shared.current[self._job.index] = copy
        self._shared.beat[self._job.index] += 1


def main() -> None:
    """Reads the job from standard input, then obeys the pool until it hangs up."""
    job: WorkerJob = pickle.load(sys.stdin.buffer)
    for descriptor in (job.socket, job.memory):
        os.set_inheritable(descriptor, False)  # or engines would hold the line to a dead worker
    os.sched_setaffinity(0, {job.core})
    cv2.setNumThreads(0)
    with socket.socket(fileno=job.socket) as pool:
        worker = Worker(job)
        commands = {STEP: worker.step, RESET: worker.reset}
        worker.answer(pool)
        while command := pool.recv(1):
            commands[command]()
            worker.answer(pool)


if __name__ == "__main__":
    main()
