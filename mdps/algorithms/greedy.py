"""The yardsticks that explore by chance or not at all."""

import torch
from torch import Tensor

from ...core.draws import random_actions
from ...core.errors import UserError
from ..planning import backward_induction
from ..suite import MDPSuite
from . import ALGORITHMS
from .base import MDPAgent, Memory, Prior


@ALGORITHMS.algorithm("random", "Random")
class Random(MDPAgent):
    """Any action, each equally likely."""

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """No plan."""
        return memory.plan

    def choose(self, values: Tensor, rng: torch.Generator) -> Tensor:
        """Uniform actions."""
        return random_actions(len(values), self.suite.num_actions, rng)


@ALGORITHMS.algorithm("greedy", "Greedy")
class Greedy(MDPAgent):
    """Acts best in the expected MDP, on a prior of next to no weight, as in the paper's code."""

    default_prior = Prior(reward_weight=1e-4, transition_weight=1e-4)

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """Plans in the posterior mean."""
        transitions, rewards = self.mean_transitions(memory), self.mean_rewards(memory)
        return backward_induction(transitions, rewards, self.suite.horizon)


@ALGORITHMS.algorithm("e_greedy", "e-Greedy", tunes="epsilon", grid=[i / 10 for i in range(1, 11)])
class EpsilonGreedy(Greedy):
    """With probability epsilon any action, else the greedy one (Sutton and Barto 2018, 2.2).

    Args:
        suite: The MDPs it will meet.
        epsilon: From 0 to 1.
        prior: See `MDPAgent`.
        device: Where its counts live.
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
