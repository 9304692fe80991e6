"""Processes of other tests' programs."""

from collections.abc import Iterator
from pathlib import Path


def children(pid: int) -> Iterator[int]:
    """Processes that a process has started and that are there."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"
