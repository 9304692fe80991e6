"""The gain from memory where episodes of a trial differ in their starts or targets.

The length ratio of `comparison` sets episode 2 beside episode 1. It measures memory as long as both
have the same shortest path. From a new start or to a new target the two episodes are different
tasks, and the ratio differs from 1 even without memory. The later episode is therefore compared
with itself: the same agent on the same trials, its memory reset at the start of each episode.
"""

import numpy as np

from ...core.metrics import METRICS
from .episode import Episode
from .intervals import Estimate, ratio_of_sums


@METRICS.metric(
    "steps_saved_by_memory",
    "steps saved by memory",
    "share",
    "higher",
    compares=True,
    interval="bootstrap",
    needs=["reset_length"],
    headline=True,
)
def steps_saved_by_memory(first: Episode, later: Episode, rng: np.random.Generator) -> Estimate:
    """Share of the later episode's steps that the memory of earlier ones saves, of all trials.

    1 - sum(l) / sum(l'), with l the steps of the later episode and l' those of the same agent in
    the same episode of the same trials with its memory reset; a failure takes the horizon. 0 if
    the memory is of no use, negative if it misleads. The bootstrap resamples trials of both runs
    together. No trial is selected by its result, and the first episode does not enter.
    """
    assert later.reset_length is not None
    return ratio_of_sums(later.reset_length - later.length, later.reset_length, rng)
