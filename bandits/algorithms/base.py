"""Base class of the bandit algorithms: counts, posteriors, and the arm of the greatest index."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.random.draws import beta
from ...core.shapes import Float
from ...core.tabular.scores import require_scores
from ...core.types import TimeStep
from ..suite import BanditSuite


class Counts(NamedTuple):
    """Memory of a trial; updated in place, so that a carry that was passed in is consumed."""

    pulls: Tensor  # [B, k] float32
    total: Tensor  # [B, k] float32: sum of each arm's rewards


class ArmAgent:
    """An agent whose carry is its counts.

    The prior is the true one: a Bernoulli arm's probability is uniform, as if the arm had paid once
    and failed once (as in the paper's code, with low = 0 and high = 1); a Gaussian arm's mean is
    N(0, 1) and the noise is known. A subclass defines `index`, or `choose` itself.

    Args:
        suite: Settings of the bandits.
        device: Device of the counts.
    """

    def __init__(self, suite: BanditSuite, device: torch.device | str = "cpu"):
        self.suite = suite
        self.device = torch.device(device)

    def initial_carry(self, batch_size: int) -> Counts:
        """Counts of zero."""
        size = (batch_size, self.suite.num_arms)
        return Counts(torch.zeros(size, device=self.device), torch.zeros(size, device=self.device))

    def act(
        self, carry: Counts, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Counts, None]:
        """Counts the reward of the last pull, then chooses the next arm."""
        first = timestep.is_first[:, None]
        arm = timestep.prev_action[:, None]
        for sums in carry:
            sums.masked_fill_(first, 0)
        carry.pulls.scatter_add_(1, arm, (~first).float())
        carry.total.scatter_add_(1, arm, timestep.prev_reward[:, None])  # 0 where first
        return self.choose(carry, rng), carry, None

    def choose(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Arms to pull, [B] int64: those of the greatest index; of equal ones the first."""
        index = self.index(counts, rng)
        size = len(counts.pulls), self.suite.num_arms
        require_scores(self, "index", index, size)
        return index.argmax(1)

    def index(self, counts: Counts, rng: torch.Generator) -> Float[Tensor, "b k"]:
        """Index of each arm."""
        raise NotImplementedError(f"{type(self).__name__} defines neither index nor choose")

    def posterior(self, counts: Counts) -> tuple[Tensor, Tensor]:
        """Parameters of the posterior of each arm's mean, [B, k] each.

        Bernoulli: a and b of Beta(a, b). Gaussian: mean and variance of a normal.
        """
        if self.suite.family == "bernoulli":
            return 1 + counts.total, 1 + counts.pulls - counts.total
        precision = 1 / self.suite.noise_std**2
        variance = 1 / (1 + counts.pulls * precision)
        return counts.total * precision * variance, variance

    def mean(self, counts: Counts) -> Float[Tensor, "b k"]:
        """Posterior mean of each arm."""
        a, b = self.posterior(counts)
        return a / (a + b) if self.suite.family == "bernoulli" else a

    def sample(self, counts: Counts, rng: torch.Generator) -> Float[Tensor, "b k"]:
        """A sample from the posterior of each arm's mean."""
        a, b = self.posterior(counts)
        if self.suite.family == "bernoulli":
            return beta(a, b, rng)
        return a + b.sqrt() * torch.randn(a.shape, generator=rng, device=a.device)
