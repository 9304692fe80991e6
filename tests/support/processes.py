"""Other processes: which there are, and waiting for them."""

import time
from collections.abc import Iterator
from pathlib import Path

GIVE_UP = 300.0  # seconds; far above what a slow machine takes, so that only a deadlock fails


def children(pid: int) -> Iterator[int]:
    """Processes that a process has started and that are there."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    return _state(pid) in ("", "Z")


def is_stopped(pid: int) -> bool:
    """Whether a process has been stopped by a signal."""
    return _state(pid) == "T"


def _state(pid: int) -> str:
    """Letter of a process's state; empty if there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return status.rpartition(")")[2].split()[0]


def wait_for(condition):
    """Return once the condition holds."""
    end = time.monotonic() + GIVE_UP
    while not condition():
        assert time.monotonic() < end, f"not within {GIVE_UP:.0f} s"
        time.sleep(0.05)
