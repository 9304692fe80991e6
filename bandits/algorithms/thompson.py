"""Posterior sampling."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ..suite import BanditSuite
from . import ALGORITHMS
from .base import ArmAgent, Counts

SAMPLES = (1, 2, 3, 5, 8, 13, 20)


@ALGORITHMS.algorithm("thompson", "TS")
class Thompson(ArmAgent):
    """Index: a sample of the arm's mean from the posterior (Thompson 1933)."""

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """A sampled bandit."""
        return self.sample(counts, rng)


@ALGORITHMS.algorithm("optimistic_thompson", "OTS", tunes="num_samples", grid=SAMPLES)
class OptimisticThompson(ArmAgent):
    """Thompson sampling on the most likely of N sampled bandits (Duan et al. 2016, their code).

    Of N joint samples of all arms' means, it acts on the one of the greatest posterior density. The
    paper tunes N over 1 .. 20. The grid here is coarser: neighbours hardly differ, and sampling N
    times k arms at every pull is most of the cost of a table.

    Args:
        suite: Settings of the bandits.
        num_samples: N.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: BanditSuite,
        num_samples: int = 10,
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, device)
        if num_samples < 1:
            raise UserError(f"num_samples is {num_samples}; it must be at least 1")
        self.num_samples = num_samples

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Means of the most likely sampled bandit."""
        best = self.sample(counts, rng)
        density = self.log_density(best, counts)
        for _ in range(self.num_samples - 1):
            means = self.sample(counts, rng)
            rival = self.log_density(means, counts)
            best = torch.where((rival > density)[:, None], means, best)
            density = torch.maximum(rival, density)
        return best

    def log_density(self, means: Tensor, counts: Counts) -> Tensor:
        """Log posterior density of the bandits `means` [B, k], up to a constant, [B]."""
        if self.suite.family == "bernoulli":
            wins = torch.xlogy(counts.total, means)
            losses = torch.xlogy(counts.pulls - counts.total, 1 - means)
            return (wins + losses).sum(1)
        centre, variance = self.posterior(counts)
        return -((means - centre).square() / (2 * variance)).sum(1)
