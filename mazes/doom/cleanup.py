"""Leaves nothing behind: ends what a run of engines has started, whoever died in between.

ViZDoom engines outlive a killed parent, and their shared memory outlives them. So each run has a
home folder with an unguessable name that stands on the command line of every process it starts;
each engine's id is recorded in it. Sweeping a home kills every process that names it, removes the
shared memory of every engine recorded, then the folder.

`Home` starts a tiny process in a session of its own that sweeps when the process that made the
home is gone, even by SIGKILL. Only the standard library is imported here: the reaper is small.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENGINE_RECORD = "engine-"  # file name: this, then the instance id
SHARED_MEMORY = ("ViZDoomSM", "ViZDoomMQCtr", "ViZDoomMQDoom")  # then the instance id
ID_OPTION = b"+viz_instance_id"
GRACE = 2.0  # seconds until killed processes must be gone


class Home:
    """A private temporary folder that is swept on `close`, or when this process dies.

    Attributes:
        path: The folder.
    """

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="rl2-doom-"))
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self.path],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Sweeps the folder; safe to call twice."""
        if self._reaper.stdin and not self._reaper.stdin.closed:
            sweep(self.path, spare=self._reaper.pid)
            self._reaper.stdin.close()
            self._reaper.wait()


def record_engine(home: Path, instance_id: str) -> int:
    """Notes an engine that has just started in `home`, so that its sweep finds it.

    Returns:
        The engine's process id; 0 if it is dead already.
    """
    (home / (ENGINE_RECORD + instance_id)).touch()
    return next(iter(_processes_naming(instance_id)), 0)


def kill_engine(pid: int, home: Path) -> None:
    """Kills an engine of `home`; does nothing if the process is another's by now."""
    if pid in _processes_naming(str(home)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def sweep(home: Path, spare: int = 0) -> None:
    """Kills every process that names `home` (but this one and `spare`); removes what they left."""
    instance_ids = {
        path.name.removeprefix(ENGINE_RECORD) for path in home.rglob(ENGINE_RECORD + "*")
    }
    deadline = time.monotonic() + GRACE
    while victims := _processes_naming(str(home), but=(os.getpid(), spare)):
        for pid, arguments in victims.items():
            if ID_OPTION in arguments:
                instance_ids.add(arguments[arguments.index(ID_OPTION) + 1].decode())
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)
    for instance_id in instance_ids:
        for name in SHARED_MEMORY:
            Path("/dev/shm", name + instance_id).unlink(missing_ok=True)
    shutil.rmtree(home, ignore_errors=True)


def _processes_naming(marker: str, but: tuple[int, ...] = ()) -> dict[int, list[bytes]]:
    """Command lines, by process id, of the processes that name `marker`."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) not in but:
            with contextlib.suppress(OSError):  # it has ended since
                command = Path(entry.path, "cmdline").read_bytes()
                if os.fsencode(marker) in command:
                    found[int(entry.name)] = command.split(b"\0")
    return found


def main() -> None:
    """Waits for the maker of the home to close our standard input, by dying or on purpose."""
    sys.stdin.read()
    sweep(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
