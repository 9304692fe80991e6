"""The number that a sweeper optimises: a metric over the last part of a training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...core.errors import UserError

LAST = 0.1  # of the training's steps; single iterations are too noisy to compare trainings by
DEFAULT = "trial_return"  # lengths are those of successful episodes: failing would shorten them


def objective(lines: Sequence[Mapping[str, Any]], metric: str | None = None) -> float:
    """Mean of a metric over the iterations of the last tenth of a training; NaN if it has none.

    Args:
        lines: Of metrics.jsonl, see `core.storage.run_folder.read_metrics`.
        metric: A key of the lines; None for `trial_return`, in a mixture the mean over its rows.

    Raises:
        UserError: `metric` is in no line of the last tenth.
    """
    lines = [line for line in lines if line["steps"] >= (1 - LAST) * lines[-1]["steps"]]
    known = sorted({name for line in lines for name in line} - {"steps"})
    wanted = [name for name in known if name.rpartition("/")[2] == DEFAULT]
    if metric is not None:
        wanted = [name for name in known if name == metric]
    values = [line[name] for line in lines for name in wanted if line.get(name) is not None]
    if metric is not None and not values:
        raise UserError(
            f"objective is {metric!r}, which the end of this training has not measured; choose "
            f"from {', '.join(known) or 'none'}"
        )
    return float(np.mean(values)) if values else float("nan")
