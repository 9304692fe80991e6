"""Metrics of one episode: success, length, return, and how close it comes to the shortest path.

Duan et al. (2016, table 3) report the length of successful episodes alone. Since that leaves
failures out, `length_all` counts a failure as the horizon.
"""

import math

import numpy as np

from ...core.metrics import METRICS
from .episode import Episode
from .intervals import Estimate, mean, ratio_of_sums, share


@METRICS.metric(
    "success", "success", "share", "higher", interval="Wilson", on_card=True, headline=True
)
def success(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Share of episodes that reach the target."""
    return share(episode.success)


@METRICS.metric(
    "length",
    "length of successes",
    "steps",
    "lower",
    interval="Student",
    on_card=True,
    headline=True,
)
def length(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean steps of the successful episodes, as Duan et al. (2016) report."""
    return mean(episode.length[episode.success])


@METRICS.metric("length_all", "length", "steps", "lower", interval="Student")
def length_all(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean steps of all episodes; a failure takes the horizon."""
    return mean(episode.length)


@METRICS.metric("episode_return", "return", "reward", "higher")
def episode_return(episode: Episode, rng: np.random.Generator) -> float | None:
    """Mean undiscounted return; none where it is not known."""
    found = float(episode.episode_return.mean())
    return found if math.isfinite(found) else None


@METRICS.metric(
    "spl", "SPL", "ratio", "higher", interval="Student", needs=["shortest"], headline=True
)
def spl(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Success weighted by path length: mean of S l / max(p, l).

    S is 1 for a success and 0 for a failure, l the steps of the shortest path and p those of the
    episode (Anderson et al. 2018, arXiv 1807.06757). There lengths are in metres, here in steps,
    so that turning counts.
    """
    assert episode.shortest is not None
    return mean(episode.success * episode.shortest / np.maximum(episode.length, episode.shortest))


@METRICS.metric(
    "over_shortest",
    "length over shortest path",
    "ratio",
    "lower",
    interval="bootstrap",
    needs=["shortest"],
)
def over_shortest(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Total steps of the successful episodes over those of their shortest paths."""
    assert episode.shortest is not None
    won = episode.success
    return ratio_of_sums(episode.length[won], episode.shortest[won], rng)


@METRICS.metric(
    "shortest_length", "shortest path", "steps", needs=["shortest"], on_card=True, headline=True
)
def shortest_length(episode: Episode, rng: np.random.Generator) -> float:
    """Mean steps of the shortest path."""
    assert episode.shortest is not None
    return float(episode.shortest.mean())
