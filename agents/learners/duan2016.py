"""The update that the authors of RL² ran: an early PPO with a guard on the divergence.

The paper names TRPO; what made its tables is a first-order method. Adam climbs the clipped
surrogate for a few epochs. After each one the whole rollout is judged: of the epochs whose mean KL
divergence is within `max_kl`, the one with the best (unclipped) surrogate is kept. If there is
none, the last one's step is halved back towards the old weights until it is.

What is kept or halved is all weights, the value's too, as one shared trunk demands. Adam's moments
are not taken back (nor were the authors'): they average gradients, which a shorter step has not
made wrong.

Two differences: the authors collected whole trials, while here rollouts may cut one, which the
value then bridges; and a minibatch is as many copies, with all their steps, as hold about
`minibatch_trials` trials.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.registries import LEARNERS
from ..networks.rl2_agent import RL2Agent
from ..rollouts.rollout import Rollout, take_copies
from ..runtime.distributed import current_world, data_parallel, global_mean
from .base import ReturnSettings, require_finite
from .flat_parameters import assign, flatten
from .returns import TargetMaker, Targets
from .surrogate import Comparison, OldPolicy, action_log_prob


@LEARNERS.register("duan2016")
@dataclass
class Duan2016Settings(ReturnSettings):
    """Settings of the authors' update; the defaults are theirs for bandits and MDPs.

    Attributes:
        gae_lambda: Lambda of the advantage estimate; in mazes they had 1.
        lr: Adam's step size.
        epochs: Passes over each rollout.
        minibatch_trials: Trials in a minibatch, of all processes together; in mazes they had 32.
        clip_coef: How far a probability ratio may leave 1 before its gradient is cut.
        vf_coef: Weight of the value loss.
        max_grad: Every entry of the gradient is cut to +- this.
        max_kl: Mean KL divergence from the rollout's policy that an update may reach.
        max_halvings: Of a step whose divergence is too large in every epoch.
    """

    gae_lambda: float = 0.3
    lr: float = 1e-3
    epochs: int = 5
    minibatch_trials: int = 128
    clip_coef: float = 0.1
    vf_coef: float = 0.5
    max_grad: float = 40.0
    max_kl: float = 0.01
    max_halvings: int = 10

    def __post_init__(self):
        super().__post_init__()
        self.require_positive("lr", "epochs", "minibatch_trials", "clip_coef", "max_grad", "max_kl")
        if self.max_halvings < 0:
            raise UserError(f"learner.max_halvings is {self.max_halvings}; it must be at least 0")


class Duan2016Learner:
    """Improves an RL² agent from rollouts; a `Learner`."""

    def __init__(self, agent: RL2Agent, settings: Duan2016Settings, seed: int):
        self.agent = agent
        self.settings = settings
        self.optimizer = torch.optim.Adam(agent.parameters(), lr=settings.lr)
        self.rng = torch.Generator().manual_seed(seed)
        self.targets = TargetMaker(agent, settings)
        self.progress = 0.0
        self._model = data_parallel(agent)

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Takes `epochs` passes, and keeps the best one; returns statistics."""
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
                self._step(old, targets, copies) for copies in order.tensor_split(num_minibatches)
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

    def _step(self, old: OldPolicy, targets: Targets, copies: Tensor) -> Tensor:
        """One gradient step on some copies; returns the losses of policy and value."""
        s = self.settings
        log_probs, value, _ = self._model(*take_copies(old.rollout, copies))
        action = old.rollout.action[:, copies]
        log_prob = action_log_prob(log_probs, action)
        ratio = (log_prob - action_log_prob(old.log_probs[:, copies], action)).exp()
        gain = targets.advantage[:, copies]
        clipped = ratio.clamp(1 - s.clip_coef, 1 + s.clip_coef)
        policy_loss = -torch.minimum(gain * ratio, gain * clipped).mean()
        value_loss = (value - targets.value[:, copies]).square().mean()
        self.optimizer.zero_grad(set_to_none=True)
        (policy_loss + s.vf_coef * value_loss).backward()
        torch.nn.utils.clip_grad_value_(self.agent.parameters(), s.max_grad)
        self.optimizer.step()
        return torch.stack((policy_loss, value_loss)).detach()

    def _halve(
        self, old: OldPolicy, before: Tensor, found: Comparison, after: Tensor
    ) -> tuple[Comparison, int]:
        """Halves the step from `before` to `after` until the divergence is small enough.

        After `max_halvings` it stays where it is, as the authors' did.
        """
        share, halvings = 1.0, 0
        while not found.kl <= self.settings.max_kl and halvings < self.settings.max_halvings:
            share, halvings = share / 2, halvings + 1
            assign(self.agent.parameters(), before.lerp(after, share))
            found = old.compare()
        return found, halvings

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs besides the agent's weights: tensors and plain numbers."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "targets": self.targets.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` gave."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        self.targets.load_state_dict(state["targets"])


def best_epoch(epochs: list[Comparison], max_kl: float) -> int | None:
    """Index of the largest surrogate whose divergence is within `max_kl`; None if none is."""
    allowed = [i for i, found in enumerate(epochs) if found.kl <= max_kl]
    return max(allowed, key=lambda i: epochs[i].gain, default=None)


def count_minibatches(rollout: Rollout, minibatch_trials: int) -> int:
    """Into how many parts to divide a rollout's copies, each with about so many trials.

    Counted are trials in all processes, and those that the rollout begins or ends inside too. The
    result is the same in every process, and from 1 to the copies that one process has.
    """
    num_envs = rollout.action.shape[1]
    begun = num_envs + rollout.timesteps.is_first[1:].sum()
    trials = float(global_mean(begun.double())) * current_world().size
    return min(max(round(trials / minibatch_trials), 1), num_envs)
