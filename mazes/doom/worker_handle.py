"""Handle of one worker process: start, commands, supervision and cleanup."""

import contextlib
import dataclasses
import os
import pickle
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from .cleanup import ENGINE_BYTES, SHARED_FOLDER, children, kill_engine, sweep, wants_to_run
from .shared_memory import COMMANDS, SharedArrays, WorkerJob

CHECK_INTERVAL = 0.1  # seconds between checks of a worker that has not answered yet
START_TIMEOUT = 60.0  # seconds allowed for the start of an engine, even if hang_timeout is shorter
PATIENCE = 10  # times its timeout that a process may be silent while it runs or waits for a core
DYING = 1.0  # seconds allowed for the end of a worker that has closed its socket
LOG_NAME = "log"  # in the worker's home: output of the worker and its engines


class WorkerHandle:
    """One worker process.

    Attributes:
        span: Environments of the worker, as a slice of the shared arrays.
        pid: Process id of the worker.

    Args:
        job: Settings of the worker. `home` is the pool's, in which the worker gets a folder;
            `socket` is filled in here.
        shared: The arrays in `job.memory`.
        hang_timeout: Seconds of silence after which an engine, or the worker itself, is killed.
    """

    def __init__(self, job: WorkerJob, shared: SharedArrays, hang_timeout: float):
        self.span = slice(job.envs.start, job.envs.stop)
        self._shared = shared
        self._index = job.index
        self._hang_timeout = hang_timeout
        self._home = Path(tempfile.mkdtemp(prefix="worker-", dir=job.home))
        self._socket, theirs = socket.socketpair()
        interval = struct.pack("ll", 0, int(CHECK_INTERVAL * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        root = Path(__file__).parents[2]  # for a package that is not installed
        named = [str(root.parent)] if root.name == "rl2_mazes" else []
        search_path = [*named, *filter(None, [os.environ.get("PYTHONPATH")])]
        shared.engine_pid[self.span] = 0
        shared.command[job.index] = COMMANDS  # the job, which is answered when its engines run
        shared.answers[job.index] = 0
        shared.asleep[:, job.index] = False
        self._commands, self._answers = shared.bells(job.index, self._socket)
        with theirs, _memory_file() as stdin, open(self._home / LOG_NAME, "wb") as log:
            job = dataclasses.replace(job, home=self._home, socket=theirs.fileno())
            pickle.dump(job, stdin)
            stdin.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rl2_mazes.mazes.doom.worker", self._home],
                cwd=self._home,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(search_path)},
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=(job.socket, job.memory),
                process_group=0,  # the pool handles Ctrl-C
            )
        self.pid = self._process.pid
        self._reset_watch()

    def send(self, command: int) -> None:
        """Sends a command; `wait` waits for its end."""
        if not self._answers.has_reached(self._sent):
            self.wait()  # for the previous command, whose wait was interrupted, say by Ctrl-C
        self._reset_watch()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `wait` reports it
            self._commands.ring((self._sent + 1) * COMMANDS + command)

    @property
    def _sent(self) -> int:
        """Number of commands so far; kept in one place, which Ctrl-C finds written or not."""
        return int(self._shared.command[self._index]) // COMMANDS

    def wait(self) -> bool:
        """Waits until the worker has finished its command; False if it died instead.

        The shared number of answers decides: bytes on the socket only wake this process, and an
        interrupted wait may leave one too many or too few.
        """
        if self._answers.look(self._sent):
            return True
        while True:
            try:
                alive = self._answers.sleep(self._sent)
            except BlockingIOError:
                alive = True
                self._check()
            except ConnectionResetError:
                alive = False
            if self._answers.has_reached(self._sent):
                return True
            if not alive:
                return False

    def cause_of_death(self) -> str:
        """The way the worker ended, with the last line that it or its engines printed."""
        try:
            code = self._process.wait(DYING)
        except subprocess.TimeoutExpired:
            code = None
        ended = {None: "it does not answer", 0: "it ended"}.get(code) or f"it ended with {code}"
        if code is not None and code < 0:
            ended = f"killed by {signal.Signals(-code).name}"
        if code == -signal.SIGBUS or self.lacks_memory():
            free = shutil.disk_usage(SHARED_FOLDER).free
            ended += f", as on a full {SHARED_FOLDER}, which has {free / 1e6:.1f} MB free"
        lines = (self._home / LOG_NAME).read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
        return f"{ended}: {last}"

    def lacks_memory(self) -> bool:
        """Whether new engines of this worker would not find enough shared memory.

        The system then kills them while they start, which takes a minute with ViZDoom's handler of
        crashes, so that other attempts are of no use.
        """
        needed = ENGINE_BYTES * (self.span.stop - self.span.start)
        return shutil.disk_usage(SHARED_FOLDER).free < needed

    def kill(self) -> None:
        """Kills the worker and its engines and removes their files."""
        self._process.kill()
        sweep(self._home)
        self._process.wait()
        self._socket.close()

    def _reset_watch(self) -> None:
        self._heartbeat = int(self._shared.heartbeat[self._index])
        self._killed_pid = 0
        self._restart_clock()

    def _restart_clock(self) -> None:
        self._since = self._checked = time.monotonic()
        self._idle = 0.0  # seconds in which neither the worker nor an engine of it wanted to run

    def _check(self) -> None:
        """Kills an engine that has been silent for too long; the next time, the worker.

        On a busy machine processes wait for a core. Only idle seconds count, up to `PATIENCE`.
        """
        if self._heartbeat != self._shared.heartbeat[self._index]:
            return self._reset_watch()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._commands.nudge()
        now = time.monotonic()
        if not any(map(wants_to_run, (self.pid, *children(self.pid)))):
            self._idle += min(now - self._checked, 2 * CHECK_INTERVAL)  # this process waits, too
        self._checked = now
        pid = int(self._shared.engine_pid[self._shared.current[self._index]])
        timeout = self._hang_timeout if pid else max(self._hang_timeout, START_TIMEOUT)
        if self._idle > timeout or now - self._since > PATIENCE * timeout:
            if pid and pid != self._killed_pid:
                kill_engine(pid, self._home)
                self._killed_pid = pid
                self._restart_clock()
            else:
                self._process.kill()


def _memory_file() -> BinaryIO:
    return os.fdopen(os.memfd_create("job"), "w+b")
