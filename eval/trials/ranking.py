"""Selection of the trials to show: by rank, by index, at random, or the most typical one.

Trials are ranked by their length ratio: steps of episode 2 over steps of episode 1, where a failure
takes the horizon. The lower, the more the trial gained.

    best     lowest ratio among trials that succeed in both episodes; among all if none does
    median   middle one of all trials in order of their ratio, the lower of two middle ones; among
             equal ratios the middle one in order of length
    worst    highest ratio of all trials

Among equal ratios, best and worst are the trials with the longest first episode, which shows more,
and of these the first begun.
"""

import numpy as np

from ...core.errors import UserError
from .runner import TrialLog

RANKS = ("best", "median", "worst")
RANDOM = "random"


def rank_trials(log: TrialLog) -> dict[str, int]:
    """Find the trial of each rank.

    Args:
        log: Trials of at least two episodes.

    Returns:
        Index of the trial, by each name in `RANKS`.

    Raises:
        UserError: Trials have one episode.
    """
    if log.length.shape[1] < 2:
        raise UserError(
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


def choose_trial(log: TrialLog, wanted: int | str | None, seed: int = 0) -> int:
    """Choose the trial to show.

    Args:
        log: N trials.
        wanted: An index, a name in `RANKS`, `RANDOM`, or None for the most typical trial: its
            lengths are closest to the mean lengths, among trials that succeed in every episode if
            there are any.
        seed: Seed of the random choice.

    Returns:
        Index of the trial.
    """
    if wanted == RANDOM:
        return int(np.random.default_rng(seed).integers(len(log.length)))
    if isinstance(wanted, str):
        return rank_trials(log)[wanted]
    if wanted is not None:
        return wanted
    successful = np.asarray(log.success.all(axis=1))
    candidates = np.flatnonzero(successful) if successful.any() else np.arange(len(successful))
    lengths = log.length[candidates]
    return int(candidates[((lengths - lengths.mean(axis=0)) ** 2).sum(axis=1).argmin()])


def require_trial(wanted: int | str | None, num_trials: int, episodes: int) -> None:
    """Raise a `UserError` unless `choose_trial` will find the trial.

    Args:
        wanted: As in `choose_trial`.
        num_trials: N.
        episodes: Episodes per trial.
    """
    if wanted is None or wanted == RANDOM:
        return
    if wanted in RANKS:
        if episodes < 2:
            raise UserError(
                f"video_trial is {wanted}, which compares episode 2 with episode 1; with "
                f"episodes_per_trial={episodes} it must be an index or {RANDOM}"
            )
    elif not isinstance(wanted, int) or not 0 <= wanted < num_trials:
        raise UserError(
            f"video_trial is {wanted}; it must be one of the trials 0 .. {num_trials - 1}, or one "
            f"of {', '.join((*RANKS, RANDOM))}; video=false films none"
        )
