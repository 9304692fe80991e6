"""The share of an agent's shortening that an intervention removes."""

import numpy as np

from ..trials.runner import TrialLog
from .intervals import Estimate, bootstrap


def lost_shortening(log: TrialLog, without: TrialLog, rng: np.random.Generator) -> Estimate:
    """Compute 1 - (1 - r') / (1 - r), the share of the shortening that an intervention removes.

    r is the length ratio of the agent (see `comparison.length_ratio`), r' that under the
    intervention. 1 if nothing is left of the shortening; None if there was none (r >= 1).

    Args:
        log: Trials of the agent as it is.
        without: The same trials under the intervention.
        rng: Generator of the bootstrap, which resamples trials of both logs together.
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
