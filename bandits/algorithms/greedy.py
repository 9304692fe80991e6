"""Baselines that explore at random or not at all."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.random.draws import random_actions
from ..suite import BanditSuite
from . import ALGORITHMS
from .base import ArmAgent, Counts


@ALGORITHMS.algorithm("random", "Random")
class Random(ArmAgent):
    """Uniformly random arms."""

    def choose(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Uniform arms."""
        return random_actions(len(counts.pulls), self.suite.num_arms, rng)


@ALGORITHMS.algorithm("greedy", "Greedy")
class Greedy(ArmAgent):
    """Index: the posterior mean."""

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """The posterior mean."""
        return self.mean(counts)


@ALGORITHMS.algorithm("e_greedy", "e-Greedy", tunes="epsilon", grid=[i / 10 for i in range(11)])
class EpsilonGreedy(ArmAgent):
    """A uniformly random arm with probability epsilon, else the greedy arm.

    See Sutton and Barto 2018, section 2.2.

    Args:
        suite: Settings of the bandits.
        epsilon: Probability of a random arm, from 0 to 1.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: BanditSuite,
        epsilon: float = 0.1,
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, device)
        if not 0 <= epsilon <= 1:
            raise UserError(f"epsilon is {epsilon}; it must lie in [0, 1]")
        self.epsilon = epsilon

    def choose(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Greedy arms, some replaced by uniform ones."""
        greedy = self.mean(counts).argmax(1)
        explore = torch.rand(greedy.shape, generator=rng, device=greedy.device) < self.epsilon
        return torch.where(explore, random_actions(len(greedy), self.suite.num_arms, rng), greedy)
