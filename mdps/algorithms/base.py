"""Base class of the MDP algorithms: counts, posteriors, and a plan per episode."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.random.draws import dirichlet, random_argmax
from ...core.shapes import Float
from ...core.tabular.scores import require_scores
from ...core.types import TimeStep
from ..suite import MDPSuite

PRIORS = ("published", "true")


@dataclass(frozen=True)
class Prior:
    """Prior belief; weights are in imaginary observations.

    Attributes:
        reward_mean: Expected mean reward of any state and action.
        reward_weight: Number of observed rewards that it is worth.
        transition_weight: Concentration of the Dirichlet, per next state.
    """

    reward_mean: float = 0.0
    reward_weight: float = 1.0
    transition_weight: float = 1.0

    def __post_init__(self):
        for key in ("reward_weight", "transition_weight"):
            if getattr(self, key) <= 0:
                raise UserError(
                    f"{key} is {getattr(self, key)}; the prior would be singular, "
                    "it must be above 0"
                )


class Memory(NamedTuple):
    """Memory of a trial; updated in place, so that a carry that was passed in is consumed."""

    moves: Tensor  # [B, S, A, S] float32: number of observed transitions
    visits: Tensor  # [B, S, A] float32: number of observed rewards
    total: Tensor  # [B, S, A] float32: sum of those rewards
    plan: Tensor  # [B, T, S, A] float32: Q values of this episode's plan
    state: Tensor  # [B] int64: state in which the last action was taken
    clock: int  # steps since the start; all environments begin and end episodes together


class MDPAgent:
    """An agent whose carry is its counts and its plan; it acts greedily on the plan's Q values.

    A subclass defines `make_plan`. The observation after the end of an episode is a reset state:
    its reward is counted, its transition is not. All environments must begin together, as in a
    `Trial`.

    Ties are broken at random at every step, as in the paper's code. This matters: where nothing is
    known, an episode tries several actions of a state that it revisits. The greedy algorithm then
    earns 135 in 10 episodes (published: 134.8); with the first of equal actions it earns 128.

    Args:
        suite: Settings of the MDPs.
        prior: `published`: mean reward 0, as in the paper's code; `true`: the suite's own mean
            reward; both with the weights of the class. Or a `Prior`.
        device: Device of the counts.
    """

    default_prior = Prior()

    def __init__(
        self,
        suite: MDPSuite,
        prior: str | Prior = "published",
        device: torch.device | str = "cpu",
    ):
        self.suite = suite
        self.device = torch.device(device)
        if isinstance(prior, Prior):
            self.prior = prior
        elif prior in PRIORS:
            mean = suite.reward_mean if prior == "true" else self.default_prior.reward_mean
            self.prior = replace(self.default_prior, reward_mean=mean)
        else:
            raise UserError(f"prior is {prior!r}; it must be one of {list(PRIORS)}, or a Prior")

    def initial_carry(self, batch_size: int) -> Memory:
        """Counts of zero and no plan."""
        suite = self.suite
        size = (batch_size, suite.num_states, suite.num_actions)
        visits = torch.zeros(size, device=self.device)
        moves = torch.zeros((*size, suite.num_states), device=self.device)
        plan = torch.zeros((batch_size, suite.horizon, *size[1:]), device=self.device)
        state = torch.zeros(batch_size, dtype=torch.int64, device=self.device)
        return Memory(moves, visits, visits.clone(), plan, state, 0)

    def act(
        self, carry: Memory, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Memory, None]:
        """Counts the last transition and reward, plans if an episode begins, then acts."""
        episode_step = carry.clock % self.suite.horizon
        if episode_step == 0:  # only then can a trial begin
            for sums in carry[:3]:
                first = timestep.is_first.view(-1, *(1,) * (sums.ndim - 1))
                sums.masked_fill_(first, 0)
        self._count(carry, timestep)
        plan = self.make_plan(carry, rng) if episode_step == 0 else carry.plan
        carry = carry._replace(plan=plan, state=timestep.obs)
        values = self.values(carry, episode_step)
        size = len(timestep.is_first), self.suite.num_actions
        require_scores(self, "values", values, size)
        action = self.choose(values, rng)
        return action, carry._replace(clock=carry.clock + 1), None

    def make_plan(self, memory: Memory, rng: torch.Generator) -> Float[Tensor, "b t s a"]:
        """Q values for the next episode."""
        raise NotImplementedError(f"{type(self).__name__} does not define make_plan")

    def values(self, memory: Memory, episode_step: int) -> Float[Tensor, "b a"]:
        """Values of the actions in the current states: the plan's Q values."""
        env = torch.arange(len(memory.plan), device=self.device)
        return memory.plan[env, episode_step, memory.state]

    def choose(self, values: Float[Tensor, "b a"], rng: torch.Generator) -> Tensor:
        """Actions, [B] int64: of the greatest value; ties are broken uniformly."""
        return random_argmax(values, rng)

    def _count(self, memory: Memory, timestep: TimeStep) -> None:
        env = torch.arange(len(memory.state), device=self.device)
        where = env, memory.state, timestep.prev_action
        seen = ~timestep.is_first
        memory.visits[where] += seen.float()
        memory.total[where] += timestep.prev_reward  # 0 where first
        memory.moves[*where, timestep.obs] += (seen & ~timestep.prev_done).float()

    def concentration(self, memory: Memory) -> Float[Tensor, "b s a s"]:
        """Concentration of the Dirichlet posterior over next states."""
        return memory.moves + self.prior.transition_weight

    def mean_transitions(self, memory: Memory) -> Float[Tensor, "b s a s"]:
        """Posterior mean of the transitions."""
        concentration = self.concentration(memory)
        return concentration / concentration.sum(-1, keepdim=True)

    def mean_rewards(self, memory: Memory) -> Float[Tensor, "b s a"]:
        """Posterior mean of the mean rewards."""
        prior = self.prior
        weight = memory.visits + prior.reward_weight
        return (memory.total + prior.reward_mean * prior.reward_weight) / weight

    def sample_transitions(self, memory: Memory, rng: torch.Generator) -> Float[Tensor, "b s a s"]:
        """Transitions sampled from the posterior."""
        return dirichlet(self.concentration(memory), rng)

    def sample_rewards(self, memory: Memory, rng: torch.Generator) -> Float[Tensor, "b s a"]:
        """Mean rewards sampled from the posterior; the noise is known."""
        noise = torch.randn(memory.visits.shape, generator=rng, device=self.device)
        spread = (memory.visits + self.prior.reward_weight).rsqrt() * self.suite.noise_std
        return self.mean_rewards(memory) + spread * noise
