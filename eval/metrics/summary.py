"""Every metric of a log of trials, as one flat dictionary."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.metrics import METRICS, Metric
from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ..trials.runner import TrialLog
from .checked import checked_figures
from .episode import Episode, episodes_of


def summary(
    log: TrialLog,
    shortest: np.ndarray | None = None,
    mazes: Sequence[Maze] | None = None,
    rules: MazeRules | None = None,
    seed: int = 0,
    reset: TrialLog | None = None,
) -> dict[str, Any]:
    """Compute all metrics of a log, ready for JSON.

    Args:
        log: N trials of K episodes.
        shortest: [N, K] int64, steps of the shortest path, if known (see
            `mazes.planning.shortest_paths`).
        mazes: N mazes, one per trial, if known.
        rules: Rules of the mazes, if known.
        seed: Seed of the bootstrap.
        reset: The same trials with the agent's memory reset at every episode, if they were run.

    Returns:
        `trials`, and each metric by its name with its interval under `NAME_ci`. Metrics of one
        episode are lists, one entry per episode. Metrics that compare with episode 1 are those of
        episode 2; those of further episodes stand under `later`, one dictionary per episode. A
        metric that is undefined is None; one whose inputs are unknown is absent.

    Raises:
        UserError: A metric raised, or returned something else than numbers.
    """
    rng = np.random.default_rng(seed)
    first, *later = episodes_of(log, shortest, mazes, rules, reset)
    known = [m for m in METRICS.all().values() if _is_known(m, first)]
    compared = [metric for metric in known if metric.compares]
    figures: dict[str, Any] = {"trials": len(log.length)}
    for metric in known:
        if not metric.compares:
            values = [checked_figures(metric, (episode,), rng) for episode in (first, *later)]
            figures |= {name: [each[name] for each in values] for name in values[0]}
        elif later:
            figures |= checked_figures(metric, (first, later[0]), rng)
    if len(later) > 1:
        figures["later"] = [
            {"episode": k}
            | _merged(checked_figures(metric, (first, episode), rng) for metric in compared)
            for k, episode in enumerate(later[1:], start=3)
        ]
    return figures


def _is_known(metric: Metric, episode: Episode) -> bool:
    """Whether the log holds what the metric needs."""
    return all(getattr(episode, name) is not None for name in metric.needs)


def _merged(parts) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}
