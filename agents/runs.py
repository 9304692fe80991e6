"""A run's folder: one process at a time, one configuration, logs that go on after a resume.

config.yaml        what was asked for
metrics.jsonl      a line an iteration
tensorboard/       the same, as curves
checkpoints/       see agents/checkpoint.py
"""

import fcntl
import json
from pathlib import Path
from typing import Any

import yaml

MAY_CHANGE = ("run_dir", "total_steps", "checkpoint_seconds", "tensorboard", "device", "engine")


class RunFolder:
    """Opens a run's folder for one process; a context manager.

    Args:
        path: The folder; made if it does not exist.
        config: The whole configuration, plain data. If the folder already holds a run, it must be
            the same but for `MAY_CHANGE`.

    Raises:
        ValueError: The folder cannot be written, is in use, or holds another run.
    """

    def __init__(self, path: Path, config: dict[str, Any]):
        self.path = path
        self.checkpoints = path / "checkpoints"
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / ".lock").open("w")
        except OSError as error:
            raise ValueError(
                f"run_dir {path} cannot be written ({error.strerror}); give another run_dir=..."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._require_same(config)
        except BlockingIOError as error:
            self._lock.close()
            raise ValueError(
                f"run_dir {path} is in use by another run; wait for it or give another run_dir=..."
            ) from error
        except ValueError:
            self._lock.close()
            raise
        self._metrics = None
        self._board = None

    def _require_same(self, config: dict[str, Any]) -> None:
        file = self.path / "config.yaml"
        if file.exists():
            before, now = (
                _flatten({k: v for k, v in c.items() if k not in MAY_CHANGE})
                for c in (yaml.safe_load(file.read_text()), config)
            )
            for key in sorted(before.keys() | now.keys()):
                if before.get(key) != now.get(key):
                    raise ValueError(
                        f"run_dir {self.path} holds a run with {key}={before.get(key)}, this one "
                        f"has {key}={now.get(key)}; give another run_dir=..."
                    )
        file.write_text(yaml.safe_dump(config, sort_keys=False))

    def open_logs(self, steps: int, tensorboard: bool) -> None:
        """Starts logging; lines beyond `steps`, of iterations that will be run again, go."""
        file = self.path / "metrics.jsonl"
        if file.exists():
            lines = [line for line in file.read_text().splitlines() if _steps(line) <= steps]
            file.write_text("".join(line + "\n" for line in lines))
        self._metrics = file.open("a", buffering=1)
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(self.path / "tensorboard", purge_step=steps + 1)

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Adds one line, and one point to every curve."""
        assert self._metrics is not None
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
        self._lock.close()  # which also unlocks


def _steps(line: str) -> float:
    """Steps of a log line; a line cut off by a crash counts as beyond any."""
    try:
        return float(json.loads(line)["steps"])
    except (ValueError, KeyError):
        return float("inf")


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in tree.items():
        flat |= (
            _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat
