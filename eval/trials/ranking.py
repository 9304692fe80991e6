"""Which trials to show: those whose second episode gained the most, the least, and in between.

A trial's rank is its ratio: steps of episode 2 over steps of episode 1, where a failure has the
horizon's. The lower, the more it gained.

    best     the lowest ratio among trials that succeed in both episodes; among all if none does
    median   the middle one of all trials in order of their ratio, the lower of two middle ones; of
             those of equal ratio the middle one in order of length
    worst    the highest ratio of all trials

Of equal ratios the longer first episode is the better and the worse, since there is more to see.
What is still alike goes by when it began.
"""

import numpy as np

from .runner import TrialLog

RANKS = ("best", "median", "worst")


def rank_trials(log: TrialLog) -> dict[str, int]:
    """The trial of each rank.

    Args:
        log: Trials of at least two episodes.

    Returns:
        Index of the trial, by each name in `RANKS`.

    Raises:
        ValueError: Trials have but one episode.
    """
    if log.length.shape[1] < 2:
        raise ValueError(
            "trials of one episode have no rank, which compares episode 2 with episode 1; "
            "name a trial by its index"
        )
    first = log.length[:, 0]
    ratio = log.length[:, 1] / first
    both = log.success[:, :2].all(axis=1)
    allowed = both if both.any() else np.ones_like(both)
    alike = np.flatnonzero(ratio == np.sort(ratio)[(len(ratio) - 1) // 2])
    by_length = alike[np.argsort(first[alike], kind="stable")]
    return {
        "best": int(np.lexsort((-first, ratio, ~allowed))[0]),
        "median": int(by_length[(len(alike) - 1) // 2]),
        "worst": int(np.lexsort((-first, -ratio))[0]),
    }
