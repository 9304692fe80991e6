"""Folder of a run: one process at a time, one configuration, logs that survive a resumption.

config.yaml        configuration
metrics.jsonl      a line per iteration
tensorboard/       the same as curves
checkpoints/       see agents/training/checkpoint.py
history/           see agents/training/history.py
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import yaml

from ..errors import UserError
from ..renamed import agent_settings
from .files import naming, remove_empty, remove_partial, write_text
from .jsonl_logger import JsonlLogger
from .logger import Logger
from .schema import SchemaError, parse, read_json_lines, read_yaml
from .tensorboard_logger import TensorBoardLogger
from .wandb_logger import WandbLogger

LOCK = ".lock"
MAY_CHANGE = (
    "run_dir",
    "total_steps",
    "checkpoint_seconds",
    "keep_every",
    "tensorboard",
    "wandb",
    "objective",
    "device",
    "engine",
)


class RunFolder:
    """Folder of a run, locked for one process; a context manager.

    Args:
        path: The folder; made if it does not exist.
        config: The whole configuration, plain data. If the folder holds a run, that run's must be
            the same except for `MAY_CHANGE`.
        defaults: Default values of keys, and default settings of groups such as `agent`, which an
            older run had if its configuration lacks the keys.
        writes: Whether this process writes; the other processes of a training only read.

    Raises:
        UserError: The folder cannot be written, is in use, or holds another run.
    """

    def __init__(
        self,
        path: Path,
        config: dict[str, Any],
        defaults: dict[str, Any] | None = None,
        writes: bool = True,
    ):
        self._defaults = defaults or {}
        self.path = path
        self.checkpoints = path / "checkpoints"
        self._config = config
        self._writes = writes
        self._loggers: list[Logger] = []
        self._made = _missing(path)
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
        if not any(self.checkpoints.glob("step_*")):
            return  # it ended before its first checkpoint: nothing would be mixed
        try:
            before = parse(dict[str, Any], read_yaml(file), str(file))
            named = [key for key, value in self._defaults.items() if isinstance(value, dict)]
            groups = {group: before.get(group, {}) for group in named}
            before |= parse(dict[str, dict[str, Any]], groups, str(file))
            if "agent" in groups:
                before["agent"] = agent_settings(before["agent"])
        except SchemaError as error:
            raise UserError(f"{error}; give another run_dir=...") from error
        # Keys that were added since.
        before = {k: v for k, v in self._defaults.items() if k not in named} | before
        for group in named:
            if group in before:
                settings = flat_settings(self._defaults[group])
                before[group] = settings | flat_settings(before[group])
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

    def open_logs(self, steps: int, tensorboard: bool, wandb: bool = False) -> None:
        """Start logging; lines after `steps`, of iterations that will run again, are removed."""
        if not self._writes:
            return
        for folder in (self.path, self.checkpoints):
            with naming(folder):
                remove_partial(folder)
        write_text(self.path / "config.yaml", yaml.safe_dump(self._config, sort_keys=False))
        file = self.path / "metrics.jsonl"
        if file.exists():
            kept = [line for line in read_metrics(file) if line["steps"] <= steps]
            write_text(file, "".join(json.dumps(line) + "\n" for line in kept))
        self._loggers.append(JsonlLogger(file))
        settings = flat_settings(self._config)
        if tensorboard:
            self._loggers.append(TensorBoardLogger(self.path / "tensorboard", settings, steps))
        if wandb:
            self._loggers.append(WandbLogger(self.path, settings))

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Add the metrics of an iteration to every log."""
        for logger in self._loggers:
            logger.log(steps, metrics)

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_) -> None:
        with contextlib.ExitStack() as stack:  # on a full disk, one log's error leaves the others
            stack.callback(self._unlock)
            for logger in self._loggers:
                stack.callback(logger.close)

    def _unlock(self) -> None:
        if self._lock is not None:
            if not (self.path / "config.yaml").exists():
                _remove_empty(self._made)
            self._lock.close()  # which also unlocks


@contextlib.contextmanager
def locked(path: Path, key: str) -> Iterator[None]:
    """Lock a folder for this process until the block ends, see `lock`.

    A folder that was made for it and is empty at its end, such as after an error, is removed.
    """
    made = _missing(path)
    file = lock(path, key)
    try:
        yield
    finally:
        _remove_empty(made)
        file.close()  # which also unlocks


@contextlib.contextmanager
def kept_if_filled(path: Path) -> Iterator[None]:
    """Remove a folder that the block makes and leaves empty."""
    made = _missing(path)
    try:
        yield
    finally:
        _remove_empty(made)


def lock(path: Path, key: str) -> IO[str]:
    """Lock a folder for this process until the returned file is closed.

    Args:
        path: The folder; made if it does not exist.
        key: Setting that names the folder, for errors.

    Raises:
        UserError: The folder cannot be written, or another process has locked it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / LOCK).open("w", encoding="utf-8")
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
    """Lines of a metrics.jsonl, except one that a crash cut off.

    Raises:
        UserError: The file cannot be read, or a line is not what a training writes.
    """
    lines = read_json_lines(path)
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        parse(dict[str, int | float | None], line, where)
        parse(int, line.get("steps"), f"{where}: steps")
    return lines


def _missing(path: Path) -> list[Path]:
    """A folder and those around it that do not exist yet, innermost first."""
    return [each for each in (path, *path.parents) if not each.exists()]


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, innermost first, if the first holds nothing but a lock."""
    with contextlib.suppress(OSError):
        if folders and {each.name for each in folders[0].iterdir()} <= {LOCK}:
            (folders[0] / LOCK).unlink(missing_ok=True)
            remove_empty(folders)


def flat_settings(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one level, with dots in the keys."""
    flat = {}
    for key, value in tree.items():
        nested = isinstance(value, dict)
        flat |= flat_settings(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return flat
