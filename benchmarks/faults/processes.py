"""Processes below a running program, as /proc shows them: workers and the engines they started."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rl2_mazes.mazes.doom.cleanup import ENGINE_RECORD, ID_OPTION

ENGINE, WORKER = "engine", "worker"
WORKER_MODULE = b"rl2_mazes.mazes.doom.worker"


class Found(NamedTuple):
    """A worker or an engine.

    Attributes:
        pid: Process id.
        kind: `ENGINE` or `WORKER`.
        age: Seconds since the process began.
        started: Whether the engine runs; of a worker, whether one of its engines does.
    """

    pid: int
    kind: str
    age: float
    started: bool


def workers_and_engines(pid: int) -> list[Found]:
    """Those below a process, in any depth; processes that end meanwhile are left out."""
    found, below = [], [(pid, Path())]
    with_engine = set()
    while below:
        parent, home = below.pop()
        for child in children(parent):
            command = read(f"/proc/{child}/cmdline").split(b"\0")
            below.append((child, Path(os.fsdecode(command[-2:][0]))))  # a worker's home is last
            if command[0].endswith(b"/vizdoom"):
                started = is_recorded(command, home)
                found.append(Found(child, ENGINE, age(child), started))
                with_engine |= {parent} if started else set()
            elif WORKER_MODULE in command:
                found.append(Found(child, WORKER, age(child), started=False))
    return [each._replace(started=True) if each.pid in with_engine else each for each in found]


def is_recorded(command: list[bytes], home: Path) -> bool:
    """Whether the worker in `home` has recorded the engine of that command line, once it ran."""
    if ID_OPTION not in command:
        return False
    instance_id = os.fsdecode(command[command.index(ID_OPTION) + 1])
    return (home / f"{ENGINE_RECORD}{instance_id}").exists()


def num_engines(pid: int) -> int:
    """Number of engines below a process."""
    return sum(each.kind == ENGINE for each in workers_and_engines(pid))


def children(pid: int) -> Iterator[int]:
    """Processes that a process has started; none if it has ended."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return
    for task in tasks:
        yield from map(int, read(f"/proc/{pid}/task/{task}/children").split())


def age(pid: int) -> float:
    """Seconds since a process began; 0 if it has ended."""
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    if not fields:
        return 0.0
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of proc(5), since the boot
    return float(read("/proc/uptime").split()[0]) - began


def open_files(pid: int) -> int | None:
    """Number of open files of a process; None if it has ended."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return None


def resident_mb(pid: int) -> float | None:
    """Memory of a process that is in RAM, MB; None if it has ended."""
    pages = read(f"/proc/{pid}/statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if pages else None


def naming(marker: Path) -> list[int]:
    """Processes with a path on their command line, other than this one."""
    pids = [int(each) for each in os.listdir("/proc") if each.isdigit()]
    marks = os.fsencode(marker)
    return [p for p in pids if p != os.getpid() and marks in read(f"/proc/{p}/cmdline")]


def read(path: str) -> bytes:
    """Content of a file of /proc; nothing if the process has ended."""
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
