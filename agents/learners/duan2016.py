"""The update of the authors of RL² (Duan et al. 2016): an early PPO with a limit on the KL.

The paper names TRPO, but its tables come from a first-order method. Adam climbs the clipped
surrogate for a few epochs. After each epoch the new policy is compared with the old one on the
whole rollout. Of the epochs whose mean KL divergence is within `max_kl`, the one with the best
(unclipped) surrogate is kept. If there is none, the last epoch's step is halved towards the old
weights until it is within.

Keeping and halving apply to all weights, the value's too, because of a shared trunk. Adam's
moments are kept (as by the authors): they average gradients, which remain valid after a shorter
step.

Two differences: the authors collected whole trials, while here a rollout may cut one, and the
value bootstraps the rest; and a minibatch is as many environments, with all their steps, as hold
about `minibatch_trials` trials.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...core.registries.groups import LEARNERS
from ...core.validation import at_least, count, positive, share
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout
from ..runtime.distributed import current_world, data_parallel, global_mean
from .adam import Adam
from .base import ReturnSettings, require_finite
from .flat_parameters import assign, flatten
from .returns import TargetMaker, Targets
from .surrogate import Comparison, OldPolicy, action_log_prob


@LEARNERS.register("duan2016")
@dataclass
class Duan2016Settings(ReturnSettings):
    """Settings of the authors' update; the defaults are theirs for bandits and MDPs.

    Attributes:
        gae_lambda: Lambda of generalised advantage estimation; 1 in their mazes.
        lr: Adam's step size.
        epochs: Passes over each rollout.
        minibatch_trials: Trials in a minibatch, of all processes together; 32 in their mazes.
        clip_coef: Largest distance of a probability ratio from 1 before its gradient is clipped.
        vf_coef: Weight of the value loss.
        max_grad: Every entry of the gradient is clipped to +- this.
        max_kl: Mean KL divergence from the rollout's policy that an update may reach.
        max_halvings: Of a step whose divergence is too large in every epoch.
    """

    gae_lambda: float = share(0.3)
    lr: float = positive(1e-3)
    epochs: int = count(5)
    minibatch_trials: int = count(128)
    clip_coef: float = positive(0.1)
    vf_coef: float = at_least(0, 0.5)
    max_grad: float = positive(40.0)
    max_kl: float = positive(0.01)
    max_halvings: int = count(10, least=0)

    def build(self, agent: ActorCritic, seed: int) -> "Duan2016Learner":
        """See `LearnerSettings.build`."""
        return Duan2016Learner(agent, self, seed)


class Duan2016Learner:
    """The authors' update; a `Learner`."""

    def __init__(self, agent: ActorCritic, settings: Duan2016Settings, seed: int):
        self.agent = agent
        self.settings = settings
        self.optimizer = Adam(agent.parameters(), lr=settings.lr)
        self.rng = torch.Generator().manual_seed(seed)
        self.targets = TargetMaker(agent, settings)
        self.progress = 0.0
        self._model = data_parallel(agent)

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Take `epochs` passes and keep the best one; return statistics."""
        s = self.settings
        targets, metrics = self.targets(rollout)
        num_envs = rollout.action.shape[1]
        num_minibatches = count_minibatches(rollout, s.minibatch_trials)
        old = OldPolicy(self.agent, rollout, targets.advantage, num_minibatches)
        before = flatten(self.agent.parameters())

        losses: list[Tensor] = []
        epochs: list[tuple[Comparison, Tensor]] = []
        for _ in range(s.epochs):
            order = torch.randperm(num_envs, generator=self.rng).to(rollout.action.device)
            losses += [
                self._step(old, targets, envs) for envs in order.tensor_split(num_minibatches)
            ]
            epochs.append((old.compare(), flatten(self.agent.parameters())))
        kept = best_epoch([comparison for comparison, _ in epochs], s.max_kl)
        if kept is not None:
            found, weights = epochs[kept]
            assign(self.agent.parameters(), weights)
            halvings = 0
        else:
            found, halvings = self._halve(old, before, *epochs[-1])

        policy_loss, value_loss = torch.stack(losses).mean(0).tolist()
        entropy = -(old.log_probs.exp() * old.log_probs).sum(-1).mean()
        metrics |= {
            "policy_loss": policy_loss,
            "value_loss": value_loss,
            "surrogate_gain": found.gain,
            "kl": found.kl,
            "entropy": float(entropy),
            "epoch_kept": s.epochs if kept is None else kept + 1,
            "halvings": halvings,
            "gradient_steps": len(losses),
        }
        require_finite(self.agent, rollout, metrics)
        return metrics

    def _step(self, old: OldPolicy, targets: Targets, envs: Tensor) -> Tensor:
        """Take one gradient step on some environments; return the losses of policy and value."""
        s = self.settings
        log_probs, value, _ = self._model(*old.rollout.take_envs(envs))
        action = old.rollout.action[:, envs]
        log_prob = action_log_prob(log_probs, action)
        ratio = (log_prob - action_log_prob(old.log_probs[:, envs], action)).exp()
        advantage = targets.advantage[:, envs]
        clipped = ratio.clamp(1 - s.clip_coef, 1 + s.clip_coef)
        policy_loss = -torch.minimum(advantage * ratio, advantage * clipped).mean()
        value_loss = (value - targets.value[:, envs]).square().mean()
        self.optimizer.zero_grad(set_to_none=True)
        (policy_loss + s.vf_coef * value_loss).backward()
        torch.nn.utils.clip_grad_value_(self.agent.parameters(), s.max_grad)
        self.optimizer.step()
        return torch.stack((policy_loss, value_loss)).detach()

    def _halve(
        self, old: OldPolicy, before: Tensor, found: Comparison, after: Tensor
    ) -> tuple[Comparison, int]:
        """Halve the step from `before` to `after` until the KL is within `max_kl`.

        After `max_halvings` the step is kept, as by the authors.
        """
        share, halvings = 1.0, 0
        while not found.kl <= self.settings.max_kl and halvings < self.settings.max_halvings:
            share, halvings = share / 2, halvings + 1
            assign(self.agent.parameters(), before.lerp(after, share))
            found = old.compare()
        return found, halvings

    def state_dict(self) -> dict[str, Any]:
        """See `Learner.state_dict`."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "targets": self.targets.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Learner.load_state_dict`."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        self.targets.load_state_dict(state["targets"])


def best_epoch(epochs: list[Comparison], max_kl: float) -> int | None:
    """Index of the largest surrogate whose divergence is within `max_kl`; None if none is."""
    allowed = [i for i, found in enumerate(epochs) if found.kl <= max_kl]
    return max(allowed, key=lambda i: epochs[i].gain, default=None)


def count_minibatches(rollout: Rollout, minibatch_trials: int) -> int:
    """Number of parts of a rollout's environments with about `minibatch_trials` trials each.

    Counts the trials of all processes, including those that the rollout cuts. The result is the
    same in every process, from 1 to the environments of one process.
    """
    num_envs = rollout.action.shape[1]
    begun = num_envs + rollout.timesteps.is_first[1:].sum()
    trials = float(global_mean(begun.double())) * current_world().size
    return min(max(round(trials / minibatch_trials), 1), num_envs)
