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
            self._file = file.open("ab", buffering=0)  # nothing is left for `close` to write

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """See `Logger`."""
        with naming(self._path):
            line = (json.dumps({"steps": steps, **metrics}) + "\n").encode()
            while line:  # a full disk takes a part and refuses the rest
                line = line[self._file.write(line) :]

    def close(self) -> None:
        """See `Logger`."""
        self._file.close()
