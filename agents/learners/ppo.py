"""Recurrent PPO (Schulman et al. 2017) over whole trials.

A minibatch is a set of copies with all their steps, so that back-propagation runs through every
trial of the rollout. Advantages are standardised over the rollout. One process on a GPU records
a gradient step once and then replays it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Adam

from ...core.registries import LEARNERS
from ...core.types import TimeStep
from ..networks.rl2_agent import RL2Agent
from ..rollouts.rollout import Rollout
from ..runtime.cuda_graphs import Recorded
from ..runtime.distributed import current_world, data_parallel, global_mean
from .base import ReturnSettings, require_finite
from .minibatch import Minibatch, take_minibatch
from .returns import TargetMaker


@LEARNERS.register("ppo")
@dataclass
class PPOSettings(ReturnSettings):
    """Settings of PPO, under the field's usual names.

    Attributes:
        lr: Adam's step size, at the start if annealed.
        anneal_lr: Lower it linearly to zero over the training.
        epochs: Passes over each rollout.
        num_minibatches: Parts of the copies; must divide num_envs.
        clip_coef: How far a probability ratio may leave 1 before its gradient is cut.
        ent_coef: Weight of the policy's entropy, at the start if annealed.
        anneal_ent: Lower it linearly to zero over the training: try things out first, and act on
            what was found last. (Actions are sampled when the agent is measured, too.)
        vf_coef: Weight of the value loss.
        aux_coef: Weight of the auxiliary loss, the mean squared error of what is foretold, of
            agents that have one (`agents.networks.config.RL2Settings.auxiliary`).
        max_grad_norm: Gradients are scaled down to this norm.
        target_kl: No further epoch once the mean KL divergence from the rollout's policy has
            reached this.
    """

    lr: float = 7e-4
    anneal_lr: bool = False
    epochs: int = 3
    num_minibatches: int = 4
    clip_coef: float = 0.2
    ent_coef: float = 0.01
    anneal_ent: bool = False
    vf_coef: float = 0.5
    aux_coef: float = 1.0
    max_grad_norm: float = 0.5
    target_kl: float | None = None

    def __post_init__(self):
        super().__post_init__()
        self.require_positive("lr", "epochs", "num_minibatches", "clip_coef", "max_grad_norm")
        if self.target_kl is not None:
            self.require_positive("target_kl")


class PPO:
    """Improves an RL² agent from rollouts; a `Learner`."""

    def __init__(self, agent: RL2Agent, settings: PPOSettings, seed: int):
        self.agent = agent
        self.settings = settings
        on_gpu = agent.device.type == "cuda"
        # What is recorded has the step size in memory; a plain number would be recorded with it.
        lr = torch.tensor(settings.lr, device=agent.device) if on_gpu else settings.lr
        self.optimizer = Adam(agent.parameters(), lr=lr, eps=1e-5, fused=True, capturable=on_gpu)
        self.rng = torch.Generator().manual_seed(seed)
        self.targets = TargetMaker(agent, settings)
        self.progress = 0.0
        self._model = data_parallel(agent)
        self._take_step: Callable[[Sequence[Tensor]], Tensor] | None = None

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Takes `epochs` x `num_minibatches` gradient steps; returns their mean statistics."""
        s = self.settings
        targets, metrics = self.targets(rollout)
        if self._take_step is None:
            self._take_step = Recorded(self._step) if self._can_record() else self._step
        left = 1 - self.progress
        lr = s.lr * left if s.anneal_lr else s.lr
        self._set_lr(lr)
        ent_coef = s.ent_coef * left if s.anneal_ent else s.ent_coef
        device = rollout.action.device
        weight_of_entropy = torch.tensor(ent_coef, device=device)

        num_envs = rollout.action.shape[1]
        steps: list[Tensor] = []
        for _ in range(s.epochs):
            order = torch.randperm(num_envs, generator=self.rng).to(device)
            for copies in order.view(s.num_minibatches, -1):
                minibatch = take_minibatch(rollout, targets, copies, weight_of_entropy)
                steps.append(self._take_step(minibatch))
            if s.target_kl is not None:
                kl = torch.stack(steps[-s.num_minibatches :]).mean(0)[_KL]
                if global_mean(kl) >= s.target_kl:
                    break
        means = torch.stack(steps).mean(0).tolist()
        metrics |= dict(zip(_STATISTICS, means, strict=True))
        if not self.agent.settings.aux_prediction:
            del metrics["aux_loss"]
        metrics |= {"lr": lr, "ent_coef": ent_coef, "gradient_steps": len(steps)}
        require_finite(self.agent, rollout, metrics)
        return metrics

    def _step(self, inputs: Sequence[Tensor]) -> Tensor:
        """One gradient step on a `Minibatch`; returns `_STATISTICS`."""
        s, of = self.settings, Minibatch(*inputs)
        timesteps = TimeStep(*of[: len(TimeStep._fields)])
        known = of.carry, of.privileged, of.image_number
        log_probs, value, guess = self._model(timesteps, *known)
        log_prob = log_probs.gather(-1, of.action[..., None]).squeeze(-1)
        log_ratio = log_prob - of.log_prob
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - s.clip_coef, 1 + s.clip_coef)
        policy_loss = -torch.minimum(of.advantage * ratio, of.advantage * clipped).mean()
        value_loss = (value - of.value).square().mean()
        entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
        loss = policy_loss + s.vf_coef * value_loss - of.ent_coef * entropy
        aux_loss = torch.zeros_like(loss)
        if self.agent.settings.aux_prediction:
            aux_loss = (guess - of.privileged).square().mean()
            loss = loss + s.aux_coef * aux_loss

        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        grad_norm = torch.nn.utils.clip_grad_norm_(self.agent.parameters(), s.max_grad_norm)
        self.optimizer.step()
        with torch.no_grad():
            kl = (ratio - 1 - log_ratio).mean()  # Schulman's low-variance estimate
            clip_fraction = ((ratio - 1).abs() > s.clip_coef).float().mean()
            losses = policy_loss, value_loss, aux_loss, entropy
            return torch.stack((*losses, kl, clip_fraction, grad_norm))

    def _can_record(self) -> bool:
        """What exchanges gradients with other processes is left as it is."""
        return current_world().size == 1 and self.agent.can_be_recorded()

    def _set_lr(self, lr: float) -> None:
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr

    def state_dict(self) -> dict:
        """What resuming needs besides the agent's weights: tensors and plain numbers."""
        optimizer = self.optimizer.state_dict()
        groups = [{**group, "lr": float(group["lr"])} for group in optimizer["param_groups"]]
        return {
            "optimizer": {**optimizer, "param_groups": groups},
            "rng": self.rng.get_state(),
            "targets": self.targets.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Goes on from what `state_dict` gave."""
        # Where Adam's counters lie hangs on these, and the checkpoint may be of another device.
        own = {key: self.optimizer.param_groups[0][key] for key in ("fused", "capturable", "lr")}
        groups = [{**group, **own} for group in state["optimizer"]["param_groups"]]
        self.optimizer.load_state_dict({**state["optimizer"], "param_groups": groups})
        self.optimizer.param_groups[0]["lr"] = own["lr"]
        # The fused step walks through memory, and does not look whether all lie in the same order.
        for parameter, moments in self.optimizer.state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                moments[name] = torch.empty_like(parameter).copy_(moments[name])
        self._take_step = None  # what was recorded worked on other moments
        self.rng.set_state(state["rng"])
        self.targets.load_state_dict(state["targets"])


_STATISTICS = (
    "policy_loss",
    "value_loss",
    "aux_loss",
    "entropy",
    "kl",
    "clip_fraction",
    "grad_norm",
)
_KL = _STATISTICS.index("kl")
