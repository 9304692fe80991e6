"""Metrics that compare a later episode of each trial with the first.

All lengths are in steps, and a failure takes the horizon. `length_ratio` and `gap_closed` are
ratios of sums over trials, not means of ratios: a trial that had one step to gain and lost five
would enter a mean with -500 %, as much as five hundred trials that each gained all they could. The
steps at stake should count.
"""

import numpy as np

from ...core.metrics import METRICS
from .episode import Episode
from .intervals import Estimate, ratio_of_sums, share


@METRICS.metric("pairs", "successful in both episodes", "trials", compares=True)
def pairs(first: Episode, later: Episode, rng: np.random.Generator) -> int:
    """Number of trials that succeed in both episodes."""
    return int((first.success & later.success).sum())


@METRICS.metric(
    "length_ratio",
    "length ratio",
    "ratio",
    "lower",
    compares=True,
    interval="bootstrap",
    on_card=True,
    headline=True,
)
def length_ratio(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Total steps of the later episode over those of the first, of trials successful in both."""
    both = first.success & later.success
    return ratio_of_sums(later.length[both], first.length[both], rng)


@METRICS.metric(
    "length_ratio_all",
    "length ratio, all trials",
    "ratio",
    "lower",
    compares=True,
    interval="bootstrap",
)
def length_ratio_all(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Total steps of the later episode over those of the first, of all trials."""
    return ratio_of_sums(later.length, first.length, rng)


@METRICS.metric(
    "not_longer", "not longer", "share", "higher", compares=True, interval="Wilson", on_card=True
)
def not_longer(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of trials whose later episode is no longer than the first, as the paper counts.

    Ties count, also those of two failures; a trial that fails in the first episode alone counts.
    """
    return share(later.length <= first.length)


@METRICS.metric(
    "shorter", "shorter", "share", "higher", compares=True, interval="Wilson", headline=True
)
def shorter(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of trials whose later episode is strictly shorter."""
    return share(later.length < first.length)


@METRICS.metric("equal", "equal", "share", compares=True, interval="Wilson")
def equal(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of trials whose episodes have equal length."""
    return share(later.length == first.length)


@METRICS.metric("longer", "longer", "share", "lower", compares=True, interval="Wilson")
def longer(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of trials whose later episode is strictly longer."""
    return share(later.length > first.length)


@METRICS.metric("gap_trials", "trials with a gap", "trials", compares=True, needs=["shortest"])
def gap_trials(first: Episode, later: Episode, rng: np.random.Generator) -> int:
    """Trials that succeed twice and whose first episode is longer than the shortest path."""
    return int(_with_gap(first, later).sum())


@METRICS.metric(
    "gap_closed",
    "gap closed",
    "share",
    "higher",
    compares=True,
    interval="bootstrap",
    needs=["shortest"],
    on_card=True,
    headline=True,
)
def gap_closed(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of the gap to the shortest path that is closed, of trials with a gap.

    The gap is the excess of the first episode over its shortest path. With e the excess,
    sum(e_first - e_later) / sum(e_first): 1 if every later episode takes the shortest path, 0 if
    nothing was gained, negative if later episodes are longer. The sums are over trials that
    succeed in both episodes and have a gap.

    A trial without a gap cannot gain, only lose. Selecting trials by the first episode therefore
    favours gains: without memory, first episodes with a gap are longer than usual, and later ones
    are not. Over all trials (`gap_closed_all`) an agent without memory has 0 on average, whence
    both are reported.
    """
    excess_first, excess_later = _excess(first), _excess(later)
    gap = _with_gap(first, later)
    return ratio_of_sums((excess_first - excess_later)[gap], excess_first[gap], rng)


@METRICS.metric(
    "gap_closed_all",
    "gap closed, all trials",
    "share",
    "higher",
    compares=True,
    interval="bootstrap",
    needs=["shortest"],
    headline=True,
)
def gap_closed_all(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of the gap to the shortest path that is closed, of all trials."""
    return ratio_of_sums(_excess(first) - _excess(later), _excess(first), rng)


def _excess(episode: Episode) -> np.ndarray:
    """[N] int64, steps above the shortest path."""
    assert episode.shortest is not None
    return episode.length - episode.shortest


def _with_gap(first: Episode, later: Episode) -> np.ndarray:
    """[N] bool, trials that succeed in both episodes and whose first is not the shortest path."""
    return first.success & later.success & (_excess(first) > 0)
