"""Cleanup of engines: processes, shared memory and files, even after a crash.

ViZDoom engines survive a killed parent, and their shared memory survives them. Each pool therefore
has a home folder with a random name, which is on the command line of every process it starts, and
in which the id of every engine is recorded. `sweep` kills every process that names a home, removes
the shared memory of every recorded engine, then the folder.

An engine that dies while it starts has not recorded its id. Its start is recorded, and `sweep` then
removes the engines' shared memory that is younger than the start and that no process maps.

`Home` starts a small cleanup process in its own session. It sweeps the home when the process that
made it is gone, even by SIGKILL. This file imports only the standard library, to keep that process
small.
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
START_RECORD = "starting-"  # then the process id of the worker
SHARED_FOLDER = Path("/dev/shm")
SHARED_MEMORY = ("ViZDoomSM", "ViZDoomMQCtr", "ViZDoomMQDoom")  # then the instance id
ENGINE_BYTES = 2**17  # of the shared memory, which an engine that draws 160x120 fills: 96 KiB
ID_OPTION = b"+viz_instance_id"
RECHECK = 0.5  # seconds in which another engine maps its new shared memory, also on a busy machine
GRACE = 2.0  # seconds to wait until killed processes are gone


class Home:
    """A private temporary folder that is swept by `close`, or when this process dies.

    Attributes:
        path: The folder.
    """

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="rl2-doom-"))
        self._cleaner = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self.path],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Sweeps the folder; safe to call twice."""
        if self._cleaner.stdin and not self._cleaner.stdin.closed:
            sweep(self.path, spare=self._cleaner.pid)
            self._cleaner.stdin.close()
            self._cleaner.wait()


def record_start(home: Path) -> None:
    """Records in `home` that this process is starting an engine, whose id is not known yet."""
    (home / f"{START_RECORD}{os.getpid()}").touch()


def record_engine(home: Path, instance_id: str) -> int:
    """Records a new engine in `home`, so that its sweep finds it.

    Returns:
        The engine's process id; 0 if it has died already.
    """
    (home / (ENGINE_RECORD + instance_id)).touch()
    (home / f"{START_RECORD}{os.getpid()}").unlink(missing_ok=True)
    return next(iter(_processes_naming(instance_id)), 0)


def kill_engine(pid: int, home: Path) -> None:
    """Kills an engine of `home`; does nothing if its process id belongs to another process."""
    if pid in _processes_naming(str(home)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Processes that any thread of a process has started; none if it has ended."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.scandir(f"/proc/{pid}/task"):
            found += map(int, Path(task.path, "children").read_text().split())
    return found


def wants_to_run(pid: int) -> bool:
    """Whether a process runs, waits for a processor core, or waits for a disk."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "RD"
    return False


def sweep(home: Path, spare: int = 0) -> None:
    """Kills every process that names `home` (but this one and `spare`) and removes its files."""
    instance_ids = {
        path.name.removeprefix(ENGINE_RECORD) for path in home.rglob(ENGINE_RECORD + "*")
    }
    starts = [path.stat().st_mtime for path in home.rglob(START_RECORD + "*")]
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
            (SHARED_FOLDER / (name + instance_id)).unlink(missing_ok=True)
    if starts:
        _remove_unmapped(min(starts))
    shutil.rmtree(home, ignore_errors=True)


def _processes_naming(marker: str, but: tuple[int, ...] = ()) -> dict[int, list[bytes]]:
    """Command lines of the processes that name `marker`, by process id."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) not in but:
            with contextlib.suppress(OSError):  # the process has ended
                command = Path(entry.path, "cmdline").read_bytes()
                if os.fsencode(marker) in command:
                    found[int(entry.name)] = command.split(b"\0")
    return found


def _remove_unmapped(since: float) -> None:
    """Removes engines' shared memory that was made after a time and that no process maps."""
    suspects = unmapped()
    if not suspects:
        return
    time.sleep(RECHECK)
    for path in suspects & unmapped():
        with contextlib.suppress(OSError):  # another sweep was faster, or it is another user's
            status = path.stat()
            if status.st_uid == os.getuid() and status.st_ctime >= since:
                path.unlink()


def unmapped() -> set[Path]:
    """Engines' shared memory that no process maps."""
    mapped = _mapped_files()
    return {
        path
        for name in SHARED_MEMORY
        for path in SHARED_FOLDER.glob(name + "*")
        if os.fsencode(path) not in mapped
    }


def _mapped_files() -> set[bytes]:
    """Files of `SHARED_FOLDER` that some process maps."""
    prefix = os.fsencode(SHARED_FOLDER) + b"/"
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                for line in Path(entry.path, "maps").read_bytes().splitlines():
                    if (at := line.find(prefix)) >= 0:
                        found.add(line[at:])
    return found


def main() -> None:
    """Waits until the owner of the home closes the standard input, or dies; then sweeps."""
    sys.stdin.read()
    sweep(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
