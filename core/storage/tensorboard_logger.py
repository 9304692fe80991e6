"""TensorBoard: curves in groups, and the settings on its HPARAMS page."""

import threading
from pathlib import Path
from typing import Any

from .files import naming
from .logger import tag

COMPARED = ("trial_return", "success_1", "success_2", "length_1", "length_2")  # beside settings


class TensorBoardLogger:
    """Writes events.

    Args:
        folder: Of the events.
        settings: Of the run, flat; lists become text.
        steps: Points after these are of iterations that run again, and are hidden.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], steps: int):
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams

        self._folder = folder
        self._hook = threading.excepthook
        threading.excepthook = self._of_thread
        with naming(folder):
            self._writer = SummaryWriter(folder, purge_step=steps + 1)
        plain = {
            key: value if isinstance(value, bool | int | float | str) else str(value)
            for key, value in settings.items()
        }
        # Only the tags are stated here: the page takes the values from the curves.
        for each in hparams(plain, {tag(name): 0.0 for name in COMPARED}):
            writer: Any = self._writer.file_writer
            with naming(folder):
                writer.add_summary(each)

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """See `Logger`."""
        with naming(self._folder):
            for name, value in metrics.items():
                self._writer.add_scalar(tag(name), value, steps)

    def close(self) -> None:
        """See `Logger`."""
        try:
            with naming(self._folder):
                self._writer.close()
        finally:
            threading.excepthook = self._hook

    def _of_thread(self, problem: threading.ExceptHookArgs) -> None:
        """Leave errors of the thread that writes to the next call, which raises them again."""
        if not type(problem.thread).__module__.startswith("tensorboard."):
            self._hook(problem)
