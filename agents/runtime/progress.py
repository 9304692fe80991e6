"""A training's progress bar: how far, how fast, how well."""

import sys
from pathlib import Path


class Progress:
    """tqdm's bar where it is installed and someone watches; plain lines elsewhere."""

    def __init__(self, total_steps: int, steps: int, folder: Path, shows: bool = True):
        self._total = total_steps
        self._shown = steps
        self._shows = shows
        self._bar = None
        if not shows:
            return
        print(f"training in {folder}", file=sys.stderr)
        try:
            from tqdm import tqdm
        except ImportError:
            return
        self._bar = tqdm(
            total=total_steps,
            initial=steps,
            unit=" steps",
            unit_scale=True,
            dynamic_ncols=True,
            mininterval=1.0 if sys.stderr.isatty() else 15.0,
        )
        self._bar.set_postfix_str("kernels are compiled first, once on a machine")

    def update(self, steps: int, metrics: dict[str, float]) -> None:
        """Moves on to `steps`."""
        if not self._shows:
            return
        shown = "  ".join(
            f"{name} {metrics[name]:.3g}"
            for name in sorted(metrics)
            if name.startswith(("success_", "length_", "trial_return"))
        )
        if self._bar is not None:
            self._bar.set_postfix_str(shown, refresh=False)
            self._bar.update(steps - self._shown)
            self._shown = steps
        else:
            print(f"{steps:,} of {self._total:,} steps  {shown}", file=sys.stderr)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.close()
