"""What is read off a TrialLog: success, length, and how much shorter later ways are.

Lengths are in steps. Those of successful episodes alone are what Duan et al. (2016, table 3)
report; since they leave failures out, they stand beside lengths in which a failure counts as the
horizon, and the ratio pairs the two episodes of each trial. Where the shortest way is known, SPL
and the share of the possible gain say how far there is to go. Every figure comes with a 95 %
interval; what is not defined is None (see `eval.metrics.intervals`).
"""

import numpy as np

from ..trials.runner import TrialLog
from .intervals import Estimate, bootstrap, mean, ratio_of_sums, share


def summary(log: TrialLog, oracle: np.ndarray | None = None, seed: int = 0) -> dict:
    """All figures of a log, ready for JSON; shares lie in [0, 1].

    Args:
        log: What was run.
        oracle: [N, K] int64, steps of the shortest way, if known (see `mazes.planning.shortest_paths`).
        seed: Of the bootstrap.

    Returns:
        By name: lists, an entry an episode; and the figures of `shortening` from episode 1 to 2, if
        there are two. Those of the episodes after stand under `later`, a dictionary an episode.
    """
    rng = np.random.default_rng(seed)
    trials, episodes = log.length.shape
    figures = {"trials": trials}
    of_episodes = [of_episode(log, k, oracle, rng) for k in range(episodes)]
    figures |= {name: [each[name] for each in of_episodes] for name in of_episodes[0]}
    if episodes > 1:
        figures |= shortening(log, 1, oracle, rng)
    if episodes > 2:
        figures["later"] = [
            {"episode": k + 1, **shortening(log, k, oracle, rng)} for k in range(2, episodes)
        ]
    return figures


def of_episode(log: TrialLog, k: int, oracle: np.ndarray | None, rng: np.random.Generator) -> dict:
    """The figures of one episode.

    success, length: the share that reached the target, and the mean steps of those (Duan et al.)
    length_all: mean steps of all episodes, a failure's being the horizon
    spl: success weighted by path length, mean of S l / max(p, l), where S is 1 for a success and 0
        for a failure, l the oracle's steps and p the episode's (Anderson et al. 2018,
        arXiv 1807.06757; there in metres, here in steps, so that turning counts)
    over_oracle: sum of p over sum of l, of the successes
    oracle_length: mean of l

    Args:
        log: What was run.
        k: Which episode, from 0.
        oracle: As in `summary`.
        rng: Of the bootstrap.
    """
    won, length = log.success[:, k], log.length[:, k]
    figures = _with_interval("success", share(won))
    figures |= _with_interval("length", mean(length[won]))
    figures |= _with_interval("length_all", mean(length))
    figures["episode_return"] = float(log.episode_return[:, k].mean())
    if oracle is None:
        return figures
    shortest = oracle[:, k]
    figures |= _with_interval("spl", mean(won * shortest / np.maximum(length, shortest)))
    figures |= _with_interval("over_shortest", ratio_of_sums(length[won], shortest[won], rng))
    figures["shortest_length"] = float(shortest.mean())
    return figures


def shortening(log: TrialLog, k: int, oracle: np.ndarray | None, rng: np.random.Generator) -> dict:
    """How an episode compares with the first of the same trial; a failure's length is the horizon.

    pairs, ratio: trials that succeed in both, and their sum of lengths over that of episode 1
    ratio_all: the same of all trials
    improved: the share of trials that are no longer than episode 1, as the paper counts: ties are
        in, a trial that fails twice is a tie, one that fails only at first has improved
    shorter, equal, longer: the shares of trials that are, strictly
    gain_share, gain_trials: see `possible_gain`; of the trials that succeed in both
    gain_share_all: the same over all trials, room or not

    Args:
        log: What was run.
        k: Which episode, from 1.
        oracle: As in `summary`.
        rng: Of the bootstrap.
    """
    both = log.success[:, 0] & log.success[:, k]
    first, later = log.length[:, 0], log.length[:, k]
    figures: dict = {"pairs": int(both.sum())}
    figures |= _with_interval("length_ratio", ratio_of_sums(later[both], first[both], rng))
    figures |= _with_interval("length_ratio_all", ratio_of_sums(later, first, rng))
    figures |= _with_interval("not_longer", share(later <= first))
    figures |= _with_interval("shorter", share(later < first))
    figures |= _with_interval("equal", share(later == first))
    figures |= _with_interval("longer", share(later > first))
    if oracle is None:
        return figures
    excess, excess_later = first - oracle[:, 0], later - oracle[:, k]
    room = both & (excess > 0)
    figures["gap_trials"] = int(room.sum())
    figures |= _with_interval("gap_closed", possible_gain(excess[room], excess_later[room], rng))
    figures |= _with_interval("gap_closed_all", possible_gain(excess, excess_later, rng))
    return figures


def possible_gain(first: np.ndarray, later: np.ndarray, rng: np.random.Generator) -> Estimate:
    """The share of the possible gain: sum(first - later) / sum(first).

    Of lengths in excess of the shortest way. With one start, where the shortest way o is the same
    in both episodes, this is sum(ep1 - ep2) / sum(ep1 - o): 1 if every later way is the shortest,
    0 if nothing was gained, negative if later ways are longer.

    It is a ratio of sums and no mean of ratios. A trial that had one step to gain and lost five
    would enter a mean with -500 %, as much as five hundred trials that each gained all they could;
    the steps at stake are what should count.

    Trials without room (ep1 = o) cannot gain, only lose. Leaving them out because of how episode 1
    went favours gains: of an agent without memory, ep1 is longer than usual where it was not the
    shortest way, and ep2 no longer so. Over all trials such an agent has 0 on average, whence both
    are told.

    Args:
        first: [N] steps above the shortest way in episode 1.
        later: [N] the same in the later episode.
        rng: Of the bootstrap.
    """
    return ratio_of_sums(first - later, first, rng)


def lost_shortening(log: TrialLog, without: TrialLog, rng: np.random.Generator) -> Estimate:
    """The share of the shortening that an intervention takes away: 1 - (1 - r') / (1 - r).

    r is the ratio of episode 2 to episode 1 over the trials that succeed in both, r' that with the
    intervention. 1 if nothing is left of the shortening; not defined if there was none (r >= 1).

    Args:
        log: The agent as it is.
        without: The agent under the intervention, in the same trials.
        rng: Of the bootstrap, which resamples trials of both logs together.
    """

    def lost(first, later, first_without, later_without, axis):
        ratio = later.sum(axis) / first.sum(axis)
        ratio_without = later_without.sum(axis) / first_without.sum(axis)
        return 1 - (1 - ratio_without) / (1 - ratio)

    both, both_without = (each.success[:, :2].all(axis=1) for each in (log, without))
    data = (
        *(log.length[:, k] * both for k in (0, 1)),
        *(without.length[:, k] * both_without for k in (0, 1)),
    )
    if not both.any() or not both_without.any() or data[1].sum() >= data[0].sum():
        return None, None
    return float(lost(*data, axis=0)), bootstrap(lost, data, rng)


def _with_interval(name: str, estimate: Estimate) -> dict:
    value, interval = estimate
    return {name: value, f"{name}_ci": interval}
