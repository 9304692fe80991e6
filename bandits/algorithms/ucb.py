"""Upper confidence bounds."""

import torch
from torch import Tensor

from ..suite import BanditSuite
from . import ALGORITHMS
from .base import ArmAgent, Counts


@ALGORITHMS.algorithm("ucb1", "UCB1", tunes="c", grid=[i / 10 for i in range(11)])
class UCB1(ArmAgent):
    """Index: mean + c sqrt(2 ln t / m), m the arm's pulls, t all pulls (Auer et al. 2002).

    As in the paper's code, the prior's two imaginary pulls of each arm count in the mean, in m and
    in t, so that no arm must be pulled first. c = 1 is Auer's own bound; the paper tunes it.

    Args:
        suite: Settings of the bandits.
        c: Scale of the bound.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: BanditSuite,
        c: float = 0.2,
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, device)
        self.c = c

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """The upper confidence bound."""
        pulls = counts.pulls + 2
        total = pulls.sum(1, keepdim=True)
        return self.mean(counts) + self.c * (2 * total.log() / pulls).sqrt()
