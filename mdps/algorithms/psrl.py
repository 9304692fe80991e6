"""Posterior sampling."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ..planning import backward_induction
from ..suite import MDPSuite
from . import ALGORITHMS
from .base import MDPAgent, Memory, Prior


@ALGORITHMS.algorithm("psrl", "PSRL")
class PSRL(MDPAgent):
    """Acts optimally in an MDP sampled from the posterior (Strens 2000; Osband et al. 2013)."""

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """Plans in a sampled MDP."""
        transitions = self.sample_transitions(memory, rng)
        return backward_induction(transitions, self.sample_rewards(memory, rng), self.suite.horizon)


@ALGORITHMS.algorithm("opsrl", "OPSRL", tunes="num_samples", grid=range(1, 21))
class OptimisticPSRL(PSRL):
    """Optimistic posterior sampling (Osband and Van Roy 2017, as in the paper's code).

    N MDPs are sampled and solved; the plan is the element-wise maximum of their Q values.

    Args:
        suite: Settings of the MDPs.
        num_samples: N.
        prior: See `MDPAgent`.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: MDPSuite,
        num_samples: int = 5,
        prior: str | Prior = "published",
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, prior, device)
        if num_samples < 1:
            raise UserError(f"num_samples is {num_samples}; it must be at least 1")
        self.num_samples = num_samples

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Tensor:
        """The element-wise maximum of N sampled plans."""
        plan = super().make_plan(memory, rng)
        for _ in range(self.num_samples - 1):
            torch.maximum(plan, super().make_plan(memory, rng), out=plan)
        return plan
