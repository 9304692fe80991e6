"""Baselines that explore at random or not at all."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.random.draws import random_actions
from ..planning import backward_induction
from ..suite import MDPSuite
from . import ALGORITHMS
from .base import MDPAgent, Memory, Prior


@ALGORITHMS.algorithm("random", "Random")
class Random(MDPAgent):
    """Uniformly random actions."""

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """No plan."""
        return memory.plan

    def choose(self, values: Tensor, rng: torch.Generator) -> Tensor:
        """Uniform actions."""
        return random_actions(len(values), self.suite.num_actions, rng)


@ALGORITHMS.algorithm("greedy", "Greedy")
class Greedy(MDPAgent):
    """Plans in the posterior mean, with a prior of almost no weight, as in the paper's code."""

    default_prior = Prior(reward_weight=1e-4, transition_weight=1e-4)

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """Plans in the posterior mean."""
        transitions, rewards = self.mean_transitions(memory), self.mean_rewards(memory)
        return backward_induction(transitions, rewards, self.suite.horizon)


@ALGORITHMS.algorithm("e_greedy", "e-Greedy", tunes="epsilon", grid=[i / 10 for i in range(1, 11)])
class EpsilonGreedy(Greedy):
    """A uniformly random action with probability epsilon, else the greedy one.

    See Sutton and Barto 2018, section 2.2.

    Args:
        suite: Settings of the MDPs.
        epsilon: Probability of a random action, from 0 to 1.
        prior: See `MDPAgent`.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: MDPSuite,
        epsilon: float = 0.1,
        prior: str | Prior = "published",
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, prior, device)
        if not 0 <= epsilon <= 1:
            raise UserError(f"epsilon is {epsilon}; it must lie in [0, 1]")
        self.epsilon = epsilon

    def choose(self, values: Tensor, rng: torch.Generator) -> Tensor:
        """Greedy actions, some replaced by uniform ones."""
        greedy = super().choose(values, rng)
        explore = torch.rand(greedy.shape, generator=rng, device=greedy.device) < self.epsilon
        uniform = random_actions(len(greedy), self.suite.num_actions, rng)
        return torch.where(explore, uniform, greedy)
