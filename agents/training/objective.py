"""The number that a sweeper optimises: a metric over the last part of a training."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ...core.errors import UserError

LAST = 0.1  # of the training's steps; single iterations are too noisy to compare trainings by
DEFAULT = "trial_return"  # lengths are those of successful episodes: failing would shorten them


def require_measured(metric: str | None, measured: Collection[str]) -> None:
    """Raise unless a training measures its objective.

    Args:
        metric: Its key; None for `trial_return`.
        measured: Metrics of an iteration, also those that need the end of an episode.

    Raises:
        UserError: `metric` is none of them.
    """
    if metric is not None and metric not in measured:
        raise UserError(
            f"objective is {metric!r}, which this training does not measure; choose from "
            f"{', '.join(sorted(measured))}"
        )


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
