"""A run's folder: one process at a time, one configuration, logs that go on after a resume.

config.yaml        what was asked for
metrics.jsonl      a line an iteration
tensorboard/       the same, as curves
checkpoints/       see agents/training/checkpoint.py
"""

import contextlib
import fcntl
import json
from pathlib import Path
from typing import IO, Any

import yaml

from .errors import UserError
from .files import write_text

MAY_CHANGE = ("run_dir", "total_steps", "checkpoint_seconds", "tensorboard", "device", "engine")


class RunFolder:
    """Opens a run's folder for one process; a context manager.

    Args:
        path: The folder; made if it does not exist.
        config: The whole configuration, plain data. If the folder already holds a run, it must be
            the same but for `MAY_CHANGE`.
        defaults: Of the agent's and the learner's settings, under these names; what an older run
            does not name, it had.
        writes: Whether this process is the one that writes; the others only look.

    Raises:
        UserError: The folder cannot be written, is in use, or holds another run.
    """

    def __init__(
        self,
        path: Path,
        config: dict[str, Any],
        defaults: dict[str, dict[str, Any]] | None = None,
        writes: bool = True,
    ):
        self._defaults = defaults or {}
        self.path = path
        self.checkpoints = path / "checkpoints"
        self._config = config
        self._writes = writes
        self._metrics = None
        self._board = None
        self._lock = lock(path, "run_dir") if writes else None
        try:
            self._require_same(config)
        except ValueError:
            self.__exit__()
            raise

    def _require_same(self, config: dict[str, Any]) -> None:
        file = self.path / "config.yaml"
        if not file.exists():
            return
        try:
            before = dict(yaml.safe_load(file.read_text()))
        except (yaml.YAMLError, TypeError, ValueError) as error:
            raise UserError(f"{file} is damaged; give another run_dir=...") from error
        for group, settings in self._defaults.items():
            if group in before:  # a setting that is younger than the run had its default
                before[group] = settings | before[group]
        then, now = (
            flat_settings({k: v for k, v in c.items() if k not in MAY_CHANGE})
            for c in (before, config)
        )
        for key in sorted(then.keys() | now.keys()):
            if then.get(key) != now.get(key):
                raise UserError(
                    f"run_dir {self.path} holds a run with {key}={then.get(key)}, this one "
                    f"has {key}={now.get(key)}; give another run_dir=..."
                )

    def open_logs(self, steps: int, tensorboard: bool) -> None:
        """Starts logging; lines beyond `steps`, of iterations that will be run again, go."""
        if not self._writes:
            return
        write_text(self.path / "config.yaml", yaml.safe_dump(self._config, sort_keys=False))
        file = self.path / "metrics.jsonl"
        if file.exists():
            kept = [line for line in read_metrics(file) if line["steps"] <= steps]
            write_text(file, "".join(json.dumps(line) + "\n" for line in kept))
        self._metrics = file.open("a", buffering=1)
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(self.path / "tensorboard", purge_step=steps + 1)

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Adds one line, and one point to every curve."""
        if self._metrics is None:
            return
        self._metrics.write(json.dumps({"steps": steps, **metrics}) + "\n")
        if self._board is not None:
            for name, value in metrics.items():
                self._board.add_scalar(name, value, steps)

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_) -> None:
        if self._board is not None:
            self._board.close()
        if self._metrics is not None:
            self._metrics.close()
        if self._lock is not None:
            self._lock.close()  # which also unlocks


def lock(path: Path, key: str) -> IO[str]:
    """Makes a folder this process's own until the returned file is closed.

    Args:
        path: The folder; made if it does not exist.
        key: The setting that names it, for errors.

    Raises:
        UserError: The folder cannot be written, or another process has it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / ".lock").open("w")
    except OSError as error:
        raise UserError(
            f"{key} {path} cannot be written ({error.strerror}); give another {key}=..."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UserError(
            f"{key} {path} is in use by another run; wait for it or give another {key}=..."
        ) from error
    return file


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics.jsonl; one that a crash cut off is left out."""
    lines = []
    for line in path.read_text().splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines


def flat_settings(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one level, with dots between the keys."""
    flat = {}
    for key, value in tree.items():
        nested = isinstance(value, dict)
        flat |= flat_settings(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return flat
