"""The progress bar of a training: steps, speed and statistics."""

import sys
from pathlib import Path

from ...core.progress import progress_bar

SHOWN = ("success_", "length_", "trial_return")  # prefixes of the statistics


class Progress:
    """A progress bar on stderr; a context manager.

    Args:
        total_steps: Of the training.
        steps: Already done.
        folder: The run's.
        shows: If false, print nothing.
    """

    def __init__(self, total_steps: int, steps: int, folder: Path, shows: bool = True):
        if shows:
            print(f"training in {folder}", file=sys.stderr)
        self._bar = progress_bar(
            total=total_steps,
            initial=steps,
            unit=" steps",
            unit_scale=True,
            disable=not shows,
        )
        self._bar.set_postfix_str("kernels are compiled first, once on a machine")

    def update(self, steps: int, metrics: dict[str, float]) -> None:
        """Advance to `steps`."""
        shown = (f"{k} {v:.3g}" for k, v in sorted(metrics.items()) if k.startswith(SHOWN))
        self._bar.set_postfix_str("  ".join(shown), refresh=False)
        self._bar.update(steps - self._bar.n)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()
