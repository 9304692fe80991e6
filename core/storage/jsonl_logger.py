"""The log that every run has: metrics.jsonl, a line per iteration."""

import json
from pathlib import Path

from .files import naming


class JsonlLogger:
    """Adds lines to a file.

    Args:
        file: What it holds stays.
    """

    def __init__(self, file: Path):
        self._path = file
        with naming(file):
            self._file = file.open("a", buffering=1, encoding="utf-8")

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """See `Logger`."""
        with naming(self._path):
            self._file.write(json.dumps({"steps": steps, **metrics}) + "\n")

    def close(self) -> None:
        """See `Logger`."""
        self._file.close()
