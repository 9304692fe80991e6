"""A program of this project in a process of its own, forked from one that has imported it.

A fork spares each of hundreds of trainings the seconds of importing torch. It is safe as long as
the process that forks has only imported: it has no threads.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from rl2_mazes.core.programs import PACKAGE, start

POLL = 0.02  # seconds


class Program:
    """A running program.

    Attributes:
        log: File of everything that it prints.

    Args:
        module: Below the package, such as agents.train; its `main` is run.
        arguments: Of the command line.
        temporary: Folder of its temporary files and of the processes that it starts.
        log: File to append its output to.
    """

    def __init__(self, module: str, arguments: list[str], temporary: Path, log: Path):
        self.log = log
        self._begin = log.stat().st_size if log.exists() else 0
        context = multiprocessing.get_context("fork")
        name = f"{PACKAGE}.{module}"
        self._process = context.Process(target=_run, args=(name, arguments, temporary, log))
        self._process.start()

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process.pid
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        """Exit code; the negative number of the signal that killed it; None while it runs."""
        return self._process.exitcode

    @property
    def output(self) -> str:
        """Text that this process has printed so far."""
        with self.log.open("rb") as file:
            file.seek(self._begin)
            return file.read().decode(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the program has ended."""
        if self.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False if it has not come in time."""
        end = time.monotonic() + seconds
        while self.exitcode is None and time.monotonic() < end:
            time.sleep(POLL)
        return self.exitcode is not None

    def kill(self) -> None:
        """End it at once."""
        self.send(signal.SIGKILL)
        self._process.join()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        self.kill()


def _run(module: str, arguments: list[str], temporary: Path, log: Path) -> None:
    os.setsid()  # Ctrl-C is for the process that forked
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None  # read the variable again
    with log.open("a", buffering=1, encoding="utf-8") as file:
        sys.stdout = sys.stderr = file
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        start(module, module, arguments)
