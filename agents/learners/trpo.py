"""Trust region policy optimisation (Schulman et al. 2015) over whole trials.

Each update steps along the natural gradient up to a mean KL divergence of `max_kl`, then
backtracks until the surrogate has improved within that divergence.

The value is fitted with the weights that the policy does not depend on, so that it cannot move the
policy out of its trust region: the value's own network if it has one (as in the paper's tabular
agents), otherwise its head. The policy alone trains a shared trunk; fitting the value with it
would use up the divergence before the policy's step, or undo the line search after it.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...core.registries.groups import LEARNERS
from ...core.validation import count, positive, share
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout
from ..runtime.distributed import global_mean
from .adam import Adam
from .base import ReturnSettings, require_finite
from .flat_parameters import assign, average_gradients, flatten, split_weights
from .natural_gradient import Fisher, conjugate_gradient
from .returns import TargetMaker, Targets
from .surrogate import Comparison, OldPolicy, action_log_prob


@LEARNERS.register("trpo")
@dataclass
class TRPOSettings(ReturnSettings):
    """Settings of TRPO.

    Attributes:
        max_kl: Mean KL divergence from the rollout's policy that an update may reach.
        cg_iterations: Products with the Fisher matrix that the natural gradient may take.
        damping: Added to the Fisher matrix's diagonal, also for the step's length. Larger is closer
            to the plain gradient, with shorter steps where the policy hardly depends on its
            weights.
        fisher_every: The Fisher matrix is estimated on every so many-th environment, a different
            subset at each update; 1 is all.
        backtrack_ratio: The step shrinks by this factor until it is accepted.
        max_backtracks: Lengths that are tried; if none is accepted, the policy stays as it is.
        value_lr: Adam's step size for the value; a head alone allows more than a whole network.
        value_epochs: Passes over each rollout for the value.
        num_minibatches: Parts of the environments, at most num_envs. The value takes a step on
            each. The policy's gradient and statistics are summed over them, which bounds memory.
    """

    max_kl: float = positive(0.01)
    cg_iterations: int = count(10)
    damping: float = positive(0.01)
    fisher_every: int = count(4)
    backtrack_ratio: float = share(0.8, below_one=True, above_zero=True)
    max_backtracks: int = count(15)
    value_lr: float = positive(3e-3)
    value_epochs: int = count(5, least=0)
    num_minibatches: int = count(4)

    def build(self, agent: ActorCritic, seed: int) -> "TRPO":
        """See `LearnerSettings.build`."""
        return TRPO(agent, self, seed)


class TRPO:
    """TRPO; a `Learner`.

    Each of several processes works on its own environments. Gradients, Fisher products and the line
    search's statistics are means over all processes, so that all take the same step.
    """

    def __init__(self, agent: ActorCritic, settings: TRPOSettings, seed: int):
        self.agent = agent
        self.settings = settings
        self.policy_weights, self.value_weights = split_weights(agent)
        self.value_optimizer = Adam(self.value_weights.values(), lr=settings.value_lr, eps=1e-5)
        self.rng = torch.Generator().manual_seed(seed)
        self.targets = TargetMaker(agent, settings)
        self.progress = 0.0
        self.num_updates = 0

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Take one step of the policy and fit the value; return statistics."""
        targets, metrics = self.targets(rollout)
        metrics |= self._improve_policy(rollout, targets)
        metrics["value_loss"] = self._fit_value(rollout, targets)
        self.num_updates += 1
        require_finite(self.agent, rollout, metrics)
        return metrics

    def _improve_policy(self, rollout: Rollout, targets: Targets) -> dict[str, float]:
        old = OldPolicy(self.agent, rollout, targets.advantage, self.settings.num_minibatches)
        gradient = self._gradient(old)
        step, iterations = self._natural_step(rollout, gradient)
        accepted, share = self._line_search(old, step)
        entropy = -(old.log_probs.exp() * old.log_probs).sum(-1).mean()
        return {
            "surrogate_gain": accepted.gain,
            "kl": accepted.kl,
            "step_share": share,  # of the full step; 0 if none was accepted
            "entropy": float(entropy),
            "grad_norm": float(gradient.norm()),
            "fisher_products": iterations,
        }

    def _gradient(self, old: OldPolicy) -> Tensor:
        """Gradient [weights] of the surrogate at the old policy, where every ratio is 1."""
        weights = list(self.policy_weights.values())
        total = torch.zeros_like(flatten(weights))
        for envs in old.parts:
            log_probs = self.agent(*old.rollout.take_envs(envs)).log_probs
            log_prob = action_log_prob(log_probs, old.rollout.action[:, envs])
            part = (log_prob * old.advantage[:, envs]).sum() / old.advantage.numel()
            total += flatten(torch.autograd.grad(part, weights))
        return global_mean(total)

    def _natural_step(self, rollout: Rollout, gradient: Tensor) -> tuple[Tensor, int]:
        """The step [weights] with a KL of `max_kl` to second order; the number of products."""
        s = self.settings
        num_envs = rollout.action.shape[1]
        start = self.num_updates % min(s.fisher_every, num_envs)
        envs = torch.arange(start, num_envs, s.fisher_every, device=rollout.action.device)
        fisher = Fisher(self.agent, self.policy_weights, rollout.take_envs(envs))
        products = 0

        def damped(vector: Tensor) -> Tensor:
            nonlocal products
            products += 1
            return fisher(vector) + s.damping * vector

        direction = conjugate_gradient(damped, gradient, s.cg_iterations)
        twice_kl = direction.dot(gradient)  # of the direction itself, to second order
        scale = (2 * s.max_kl / twice_kl.clamp(min=1e-12)).sqrt()
        return scale * direction, products

    def _line_search(self, old: OldPolicy, step: Tensor) -> tuple[Comparison, float]:
        """Apply the longest accepted step; return its comparison and its share of the full step."""
        s = self.settings
        weights = self.policy_weights.values()
        before = flatten(weights)
        share = 1.0
        for _ in range(s.max_backtracks):
            assign(weights, before + share * step)
            found = old.compare()
            if found.gain > 0 and found.kl <= s.max_kl:
                return found, share
            share *= s.backtrack_ratio
        assign(weights, before)
        return Comparison(0.0, 0.0), 0.0

    def _fit_value(self, rollout: Rollout, targets: Targets) -> float:
        """Train `value_weights` alone; return the mean loss, in the value head's units."""
        s = self.settings
        num_envs = rollout.action.shape[1]
        losses: list[Tensor] = []
        for _ in range(s.value_epochs):
            order = torch.randperm(num_envs, generator=self.rng).to(rollout.action.device)
            for envs in order.tensor_split(min(s.num_minibatches, num_envs)):
                value = self.agent(*rollout.take_envs(envs)).value
                loss = (value - targets.value[:, envs]).square().mean()
                self.value_optimizer.zero_grad(set_to_none=True)
                loss.backward(inputs=list(self.value_weights.values()))
                average_gradients(self.value_weights.values())
                self.value_optimizer.step()
                losses.append(loss.detach())
        return float(torch.stack(losses).mean()) if losses else 0.0

    def state_dict(self) -> dict[str, Any]:
        """See `Learner.state_dict`."""
        return {
            "value_optimizer": self.value_optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "targets": self.targets.state_dict(),
            "num_updates": self.num_updates,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Learner.load_state_dict`."""
        self.value_optimizer.load_state_dict(state["value_optimizer"])
        self.rng.set_state(state["rng"])
        self.targets.load_state_dict(state["targets"])
        self.num_updates = state["num_updates"]
