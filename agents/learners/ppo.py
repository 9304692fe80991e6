"""Recurrent PPO (Schulman et al. 2017) over whole trials.

A minibatch is a set of environments with all their steps, so that back-propagation runs through
every trial of the rollout. Advantages are standardised over the rollout. A single process on a GPU
captures the gradient step as a CUDA graph.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ...core.registries.groups import LEARNERS
from ...core.validation import at_least, count, positive
from ..networks.actor_critic import ActorCritic
from ..rollouts.rollout import Rollout
from ..runtime.cuda_graphs import CapturedFunction
from ..runtime.distributed import current_world, data_parallel, global_mean
from .adam import Adam
from .auxiliary import auxiliary_losses
from .base import ReturnSettings, require_finite
from .minibatch import Minibatch
from .returns import TargetMaker


@LEARNERS.register("ppo")
@dataclass
class PPOSettings(ReturnSettings):
    """Settings of PPO, under their usual names.

    Attributes:
        lr: Adam's step size, at the start if annealed.
        anneal_lr: Lower it linearly to zero over the training.
        epochs: Passes over each rollout.
        num_minibatches: Parts of the environments; must divide num_envs.
        clip_coef: Largest distance of a probability ratio from 1 before its gradient is clipped.
        ent_coef: Weight of the policy's entropy, at the start if annealed.
        anneal_ent: Lower it linearly to zero over the training: explore first, exploit last.
            (Actions are sampled in evaluations, too.)
        vf_coef: Weight of the value loss.
        aux_coef: Weight of the auxiliary loss, the mean squared error of predicted labels, for
            agents with `aux`. Unknown labels count as predicted.
        visits_coef: Weight of the same loss for the labels of visits alone, if `aux` has them.
        max_grad_norm: Gradients are scaled down to this norm.
        target_kl: No further epoch once the mean KL divergence from the rollout's policy has
            reached this.
    """

    takes_bfloat16: ClassVar[bool] = True

    lr: float = positive(7e-4)
    anneal_lr: bool = False
    epochs: int = count(3)
    num_minibatches: int = count(4)
    clip_coef: float = positive(0.2)
    ent_coef: float = at_least(0, 0.01)
    anneal_ent: bool = False
    vf_coef: float = at_least(0, 0.5)
    aux_coef: float = at_least(0, 1.0)
    visits_coef: float = at_least(0, 1.0)
    max_grad_norm: float = positive(0.5)
    target_kl: float | None = positive(None)

    def build(self, agent: ActorCritic, seed: int) -> "PPO":
        """See `LearnerSettings.build`."""
        return PPO(agent, self, seed)


class PPO:
    """Recurrent PPO; a `Learner`.

    Args:
        agent: In training.
        settings: Of PPO.
        seed: Of the order of minibatches.
        views: The agent's weights in several suites, see `ActorCritic.for_spaces`. A gradient step
            then takes a minibatch of each suite, and its loss is their mean.
    """

    def __init__(
        self,
        agent: ActorCritic,
        settings: PPOSettings,
        seed: int,
        views: Sequence[ActorCritic] = (),
    ):
        self.agent = agent
        self.settings = settings
        self.views = views or (agent,)
        on_gpu = agent.device.type == "cuda"
        # A captured step reads the step size from memory; a plain number would be captured itself.
        lr = torch.tensor(settings.lr, device=agent.device) if on_gpu else settings.lr
        self.optimizer = Adam(agent.parameters(), lr=lr, eps=1e-5, fused=True, capturable=on_gpu)
        self.rng = torch.Generator().manual_seed(seed)
        self.targets = [TargetMaker(view, settings) for view in self.views]
        self.progress = 0.0
        self._models = [data_parallel(view) for view in self.views]
        self._take_step: Callable[[Sequence[Tensor]], Tensor] | None = None

    def update(self, rollout: Rollout, *others: Rollout) -> dict[str, float]:
        """Take `epochs` x `num_minibatches` gradient steps; return their mean statistics.

        Args:
            rollout: Of the agent, or of the first view.
            others: One of each further view.
        """
        s, rollouts = self.settings, (rollout, *others)
        targets, explained = zip(
            *(make(rollout) for make, rollout in zip(self.targets, rollouts, strict=True)),
            strict=True,
        )
        if self._take_step is None:
            self._take_step = CapturedFunction(self._step) if self._can_capture() else self._step
        remaining = 1 - self.progress
        lr = s.lr * remaining if s.anneal_lr else s.lr
        self._set_lr(lr)
        ent_coef = s.ent_coef * remaining if s.anneal_ent else s.ent_coef
        device = self.agent.device
        ent_coef_tensor = torch.tensor(ent_coef, device=device)

        steps: list[Tensor] = []
        for _ in range(s.epochs):
            orders = [self._shuffle(rollout) for rollout in rollouts]
            for part in range(s.num_minibatches):
                parts = zip(rollouts, targets, orders, strict=True)
                minibatch = [
                    field
                    for rollout, target, order in parts
                    for field in Minibatch.take(rollout, target, order[part], ent_coef_tensor)
                ]
                steps.append(self._take_step(minibatch))
            if s.target_kl is not None:
                kl = torch.stack(steps[-s.num_minibatches :]).mean(0)[_KL]
                if global_mean(kl) >= s.target_kl:
                    break
        means = torch.stack(steps).mean(0).tolist()
        metrics = {
            key: sum(each[key] for each in explained) / len(explained) for key in explained[0]
        }
        metrics |= dict(zip(_STATISTICS, means, strict=True))
        if self.agent.aux == "none":
            del metrics["aux_loss"]
        if not self.agent.num_visits:
            del metrics["visits_loss"]
        metrics |= {"lr": lr, "ent_coef": ent_coef, "gradient_steps": len(steps)}
        for each in rollouts:
            require_finite(self.agent, each, metrics)
        return metrics

    def _shuffle(self, rollout: Rollout) -> Tensor:
        """Environments of each minibatch, [minibatches, b]."""
        num_envs = rollout.action.shape[1]
        order = torch.randperm(num_envs, generator=self.rng).to(rollout.action.device)
        return order.view(self.settings.num_minibatches, -1)

    def _step(self, inputs: Sequence[Tensor]) -> Tensor:
        """Take one gradient step on a `Minibatch` of each view; return `_STATISTICS`."""
        size, count = len(Minibatch._fields), len(self.views)
        self.optimizer.zero_grad(set_to_none=True)
        statistics = []
        for index, model in enumerate(self._models):
            batch = Minibatch._make(inputs[index * size : (index + 1) * size])
            loss, each = self._loss(model, batch)
            (loss / count if count > 1 else loss).backward()
            statistics.append(each)
        grad_norm = torch.nn.utils.clip_grad_norm_(
            self.agent.parameters(), self.settings.max_grad_norm
        )
        self.optimizer.step()
        with torch.no_grad():
            return torch.cat((torch.stack(statistics).mean(0), grad_norm[None]))

    def _loss(
        self, model: Callable[..., tuple[Tensor, Tensor, Tensor]], batch: Minibatch
    ) -> tuple[Tensor, Tensor]:
        """The loss of a minibatch, and its `_STATISTICS` but the last."""
        s = self.settings
        log_probs, value, prediction = model(*batch.network_inputs)
        log_prob = log_probs.gather(-1, batch.action[..., None]).squeeze(-1)
        log_ratio = log_prob - batch.log_prob
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - s.clip_coef, 1 + s.clip_coef)
        policy_loss = -torch.minimum(batch.advantage * ratio, batch.advantage * clipped).mean()
        value_loss = (value - batch.value).square().mean()
        entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
        loss = policy_loss + s.vf_coef * value_loss - batch.ent_coef * entropy
        aux_loss, visits_loss = auxiliary_losses(self.agent, prediction, batch)
        loss = loss + s.aux_coef * aux_loss + s.visits_coef * visits_loss
        with torch.no_grad():
            kl = (ratio - 1 - log_ratio).mean()  # Schulman's low-variance estimate
            clip_fraction = ((ratio - 1).abs() > s.clip_coef).float().mean()
            losses = policy_loss, value_loss, aux_loss, visits_loss, entropy
            return loss, torch.stack((*losses, kl, clip_fraction))

    def _can_capture(self) -> bool:
        """Return whether the gradient step fits into a CUDA graph.

        The exchange of gradients between processes does not.
        """
        return current_world().size == 1 and self.agent.is_capturable()

    def _set_lr(self, lr: float) -> None:
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr

    def state_dict(self) -> dict:
        """See `Learner.state_dict`."""
        optimizer = self.optimizer.state_dict()
        groups = [{**group, "lr": float(group["lr"])} for group in optimizer["param_groups"]]
        return {
            "optimizer": {**optimizer, "param_groups": groups},
            "rng": self.rng.get_state(),
            "targets": [each.state_dict() for each in self.targets],
        }

    def load_state_dict(self, state: dict) -> None:
        """Resume from a `state_dict`, also one of another device."""
        # The device of Adam's counters depends on these settings.
        own = {key: self.optimizer.param_groups[0][key] for key in ("fused", "capturable", "lr")}
        groups = [{**group, **own} for group in state["optimizer"]["param_groups"]]
        self.optimizer.load_state_dict({**state["optimizer"], "param_groups": groups})
        self.optimizer.param_groups[0]["lr"] = own["lr"]
        # The fused step assumes that moments have their weight's memory layout; it does not check.
        for parameter, moments in self.optimizer.state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                moments[name] = torch.empty_like(parameter).copy_(moments[name])
        self._take_step = None  # the captured step works on the old moments
        self.rng.set_state(state["rng"])
        saved = state["targets"]
        saved = [saved] if isinstance(saved, dict) else saved  # as saved before there were views
        for targets, each in zip(self.targets, saved, strict=True):
            targets.load_state_dict(each)
            if targets.agent is not self.agent:  # a view's units are not among the weights
                targets.set_units()


_STATISTICS = (
    "policy_loss",
    "value_loss",
    "aux_loss",
    "visits_loss",
    "entropy",
    "kl",
    "clip_fraction",
    "grad_norm",
)
_KL = _STATISTICS.index("kl")
