"""The pool's side of one worker: starts it, talks to it, watches it, clears up after it."""

import contextlib
import dataclasses
import os
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from .cleanup import kill_engine, sweep
from .shared_memory import SharedArrays, WorkerJob

LOOK_INTERVAL = 0.1  # seconds between looks at a worker that has not answered yet
START_TIMEOUT = 60.0  # seconds that an engine may take to start, even if hang_timeout is shorter
LOG_NAME = "log"  # in the worker's home: what it and its engines print


class WorkerHandle:
    """One worker process.

    Attributes:
        span: The copies it plays, as a slice of the shared arrays.
        pid: The worker's process id.

    Args:
        job: What it is told; `home` is the pool's, in which it gets a folder, and `socket` is
            filled in here.
        shared: The arrays in `job.memory`.
        hang_timeout: Seconds after which a silent engine, or the worker itself, is killed.
    """

    def __init__(self, job: WorkerJob, shared: SharedArrays, hang_timeout: float):
        self.span = slice(job.copies.start, job.copies.stop)
        self._shared = shared
        self._index = job.index
        self._hang_timeout = hang_timeout
        self._home = Path(tempfile.mkdtemp(prefix="worker-", dir=job.home))
        self._socket, theirs = socket.socketpair()
        interval = struct.pack("ll", 0, int(LOOK_INTERVAL * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        root = Path(__file__).parents[2]  # on the path of a package that is not installed
        named = [str(root.parent)] if root.name == "rl2_mazes" else []
        search_path = [*named, *filter(None, [os.environ.get("PYTHONPATH")])]
        shared.engine_pid[self.span] = 0
        shared.answers[job.index] = 0
        with theirs, _memory_file() as told, open(self._home / LOG_NAME, "wb") as log:
            job = dataclasses.replace(job, home=self._home, socket=theirs.fileno())
            pickle.dump(job, told)
            told.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rl2_mazes.mazes.doom.worker", self._home],
                cwd=self._home,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(search_path)},
                stdin=told,
                stdout=log,
                stderr=log,
                pass_fds=(job.socket, job.memory),
                process_group=0,  # Ctrl-C is for the pool to answer
            )
        self.pid = self._process.pid
        self._told = 1  # its job: it answers when its engines run
        self._watch_from_now()

    def tell(self, command: bytes) -> None:
        """Has the worker do something; `answered` waits for it."""
        if self._shared.answers[self._index] < self._told:
            self.answered()  # to its last one; the wait for it was interrupted, as Ctrl-C does
        self._told += 1
        self._watch_from_now()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `answered` will tell
            self._socket.send(command)

    def answered(self) -> bool:
        """Waits until the worker has done what it was told; False if it died instead.

        What counts is the shared number of answers: bytes on the socket only wake us, and an
        interrupted wait may leave one too many there, or have taken one away.
        """
        while True:
            try:
                alive = bool(self._socket.recv(1))
            except BlockingIOError:
                alive = True
                self._look()
            except ConnectionResetError:
                alive = False
            if self._shared.answers[self._index] == self._told:
                return True
            if not alive:
                return False

    def last_words(self) -> str:
        """The last line that the worker printed."""
        lines = (self._home / LOG_NAME).read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it printed nothing")

    def dismiss(self) -> None:
        """Kills the worker and its engines, and removes what they left."""
        self._process.kill()
        sweep(self._home)
        self._process.wait()
        self._socket.close()

    def _watch_from_now(self) -> None:
        self._beat = int(self._shared.beat[self._index])
        self._beat_since = time.monotonic()
        self._killed_pid = 0

    def _look(self) -> None:
        """Kills the engine that has been silent for too long; the next time, the worker."""
        if self._beat != self._shared.beat[self._index]:
            return self._watch_from_now()
        pid = int(self._shared.engine_pid[self._shared.current[self._index]])
        patience = self._hang_timeout if pid else max(self._hang_timeout, START_TIMEOUT)
        if time.monotonic() - self._beat_since > patience:
            if pid and pid != self._killed_pid:
                kill_engine(pid, self._home)
                self._killed_pid = pid
                self._beat_since = time.monotonic()
            else:
                self._process.kill()


def _memory_file() -> BinaryIO:
    return os.fdopen(os.memfd_create("job"), "w+b")
