"""The figures of a set of trials, whatever the suite."""

from typing import Any

from ..trials.trials import Trials
from .returns import returns
from .summary import summary


def figures_of(trials: Trials, seed: int = 0) -> dict[str, Any]:
    """Compute all figures of some trials, ready for JSON.

    Args:
        trials: Trials of one agent.
        seed: Seed of the bootstrap.

    Returns:
        The metrics of `core.metrics.METRICS` where episodes can succeed, see `summary`; elsewhere
        the total reward of a trial, see `returns`.
    """
    log = trials.log
    suite: Any = trials.suite
    if not suite.has_success:
        return returns(log, suite)
    return summary(log, trials.shortest, trials.mazes, suite.rules, seed, trials.reset)
