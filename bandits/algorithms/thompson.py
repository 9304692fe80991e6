"""Acting on a draw from one's belief."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ..suite import BanditSuite
from . import ALGORITHMS
from .base import ArmAgent, Counts

SAMPLES = (1, 2, 3, 5, 8, 13, 20)


@ALGORITHMS.algorithm("thompson", "TS")
class Thompson(ArmAgent):
    """Index: one draw of the arm's mean from the posterior (Thompson 1933)."""

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """A sampled bandit."""
        return self.sample(counts, rng)


@ALGORITHMS.algorithm("optimistic_thompson", "OTS", tunes="num_samples", grid=SAMPLES)
class OptimisticThompson(ArmAgent):
    """Thompson sampling on the likeliest of N sampled bandits (Duan et al. 2016, their code).

    N joint draws of all arms' means; the one of the greatest posterior density is acted on. The
    paper tunes N over 1 .. 20; the grid here is thinner, because neighbours hardly differ and
    N draws of k arms at every pull are most of a table's cost.

    Args:
        suite: The bandits it will meet.
        num_samples: N.
        device: Where its counts live.
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
        """The likeliest sampled bandit."""
        likeliest = self.sample(counts, rng)
        density = self.log_density(likeliest, counts)
        for _ in range(self.num_samples - 1):
            means = self.sample(counts, rng)
            rival = self.log_density(means, counts)
            likeliest = torch.where((rival > density)[:, None], means, likeliest)
            density = torch.maximum(rival, density)
        return likeliest

    def log_density(self, means: Tensor, counts: Counts) -> Tensor:
        """Log posterior density of the bandits `means` [B, k], up to a constant, [B]."""
        if self.suite.family == "bernoulli":
            wins = torch.xlogy(counts.total, means)
            losses = torch.xlogy(counts.pulls - counts.total, 1 - means)
            return (wins + losses).sum(1)
        centre, variance = self.posterior(counts)
        return -((means - centre).square() / (2 * variance)).sum(1)
