"""Weights & Biases, an optional extra; WANDB_MODE=offline keeps everything in the run's folder."""

from pathlib import Path
from typing import Any

from ..imports.extras import import_extra
from .logger import tag

PROJECT = "rl2-mazes"


class WandbLogger:
    """Logs to a run of Weights & Biases that a resumed training continues.

    Args:
        folder: The run's; its path is the run's name.
        settings: Of the run, flat.

    Raises:
        UserError: wandb is not installed.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]):
        wandb = import_extra("wandb", "wandb=true")
        name = folder.as_posix().strip("/").replace("/", "-")
        self._run = wandb.init(
            project=PROJECT, name=name, id=name, resume="allow", dir=str(folder), config=settings
        )

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """See `Logger`."""
        self._run.log({tag(name): value for name, value in metrics.items()}, step=steps)

    def close(self) -> None:
        """See `Logger`."""
        self._run.finish()
