"""Recurrent PPO (Schulman et al. 2017) over whole trials.

A minibatch is a set of copies with all their steps, so that back-propagation runs through every
trial of the rollout. Advantages are standardised over the rollout. The value head learns returns
in units of their own running mean and deviation: without that, the long trials of mazes and MDPs
hardly learn.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.gae import gae
from agents.rl2 import RL2Agent
from agents.rollout import Rollout
from trials.types import TimeStep


@dataclass
class PPOSettings:
    """Settings of PPO, under the field's usual names.

    Attributes:
        lr: Adam's step size, at the start if annealed.
        anneal_lr: Lower it linearly to zero over the training.
        epochs: Passes over each rollout.
        num_minibatches: Parts of the copies; must divide num_envs.
        gamma: Discount a step.
        gae_lambda: Lambda of the advantage estimate.
        clip_coef: How far a probability ratio may leave 1 before its gradient is cut.
        ent_coef: Weight of the policy's entropy.
        vf_coef: Weight of the value loss.
        max_grad_norm: Gradients are scaled down to this norm.
        value_norm_decay: Per update, of the running mean and deviation of returns.
    """

    lr: float = 7e-4
    anneal_lr: bool = False
    epochs: int = 3
    num_minibatches: int = 4
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip_coef: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    value_norm_decay: float = 0.95

    def __post_init__(self):
        for name in ("lr", "epochs", "num_minibatches", "clip_coef", "max_grad_norm"):
            if getattr(self, name) <= 0:
                raise ValueError(f"learner.{name} is {getattr(self, name)}; it must be above 0")
        for name in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"learner.{name} is {getattr(self, name)}; it must be in [0, 1]")
        if not 0 <= self.value_norm_decay < 1:
            raise ValueError(
                f"learner.value_norm_decay is {self.value_norm_decay}; it must be in [0, 1)"
            )


class PPO:
    """Improves an RL² agent from rollouts.

    Attributes:
        progress: Share of the training that is done, in [0, 1]; the caller sets it for annealing.
    """

    def __init__(self, agent: RL2Agent, settings: PPOSettings, seed: int):
        self.agent = agent
        self.settings = settings
        self.optimizer = torch.optim.Adam(agent.parameters(), lr=settings.lr, eps=1e-5)
        self.rng = torch.Generator().manual_seed(seed)
        self.return_mean = 0.0
        self.return_square = 0.0
        self.num_updates = 0
        self.progress = 0.0

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Takes `epochs` x `num_minibatches` gradient steps; returns their mean statistics."""
        s = self.settings
        advantage = gae(
            rollout.reward,
            rollout.value,
            rollout.trial_done,
            rollout.lost,
            rollout.last_value,
            s.gamma,
            s.gae_lambda,
        )
        returns = advantage + rollout.value
        self._track_returns(returns)
        target = (returns - self.agent.value_mean) / self.agent.value_std
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        for group in self.optimizer.param_groups:
            group["lr"] = s.lr * (1 - self.progress) if s.anneal_lr else s.lr

        num_envs = rollout.action.shape[1]
        totals: dict[str, Tensor] = {}
        for _ in range(s.epochs):
            order = torch.randperm(num_envs, generator=self.rng)
            for copies in order.view(s.num_minibatches, -1).to(rollout.action.device):
                stats = self._step(rollout, advantage, target, copies)
                totals = {k: totals.get(k, 0) + v for k, v in stats.items()}
        self.num_updates += 1
        num_steps = s.epochs * s.num_minibatches
        metrics = {k: float(v) / num_steps for k, v in totals.items()}
        unexplained = (returns - rollout.value).var() / returns.var().clamp(min=1e-8)
        return metrics | {
            "explained_variance": 1 - float(unexplained),
            "lr": self.optimizer.param_groups[0]["lr"],
        }

    def _step(
        self, rollout: Rollout, advantage: Tensor, target: Tensor, copies: Tensor
    ) -> dict[str, Tensor]:
        """One gradient step on some copies."""
        s = self.settings
        timesteps = TimeStep(*(field[:, copies] for field in rollout.timesteps))
        log_probs, value = self.agent(timesteps, rollout.carry[copies])
        log_prob = log_probs.gather(-1, rollout.action[:, copies, None]).squeeze(-1)
        log_ratio = log_prob - rollout.log_prob[:, copies]
        ratio = log_ratio.exp()
        gain = advantage[:, copies]
        clipped = ratio.clamp(1 - s.clip_coef, 1 + s.clip_coef)
        policy_loss = -torch.minimum(gain * ratio, gain * clipped).mean()
        value_loss = (value - target[:, copies]).square().mean()
        entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
        loss = policy_loss + s.vf_coef * value_loss - s.ent_coef * entropy

        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        grad_norm = torch.nn.utils.clip_grad_norm_(self.agent.parameters(), s.max_grad_norm)
        self.optimizer.step()
        with torch.no_grad():
            stats = {
                "policy_loss": policy_loss,
                "value_loss": value_loss,
                "entropy": entropy,
                "kl": (ratio - 1 - log_ratio).mean(),  # Schulman's low-variance estimate
                "clip_fraction": ((ratio - 1).abs() > s.clip_coef).float().mean(),
                "grad_norm": grad_norm,
            }
        return {name: x.detach() for name, x in stats.items()}

    def _track_returns(self, returns: Tensor) -> None:
        """Follows the mean and deviation of returns, and keeps what the value head predicts.

        The head's weights are changed along (as in PopArt, van Hasselt et al. 2016), so that a
        change of units alone changes no prediction.
        """
        decay = self.settings.value_norm_decay
        self.return_mean = decay * self.return_mean + (1 - decay) * float(returns.mean())
        square = float(returns.square().mean())
        self.return_square = decay * self.return_square + (1 - decay) * square
        unbias = 1 - decay ** (self.num_updates + 1)
        mean = self.return_mean / unbias
        std = max(self.return_square / unbias - mean**2, 1e-4) ** 0.5
        agent, head = self.agent, self.agent.value
        with torch.no_grad():
            head.bias.mul_(agent.value_std).add_(agent.value_mean).sub_(mean).div_(std)
            head.weight.mul_(agent.value_std / std)
            agent.value_mean.fill_(mean)
            agent.value_std.fill_(std)

    def state_dict(self) -> dict:
        """What resuming needs besides the agent's weights: tensors and plain numbers."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "return_mean": self.return_mean,
            "return_square": self.return_square,
            "num_updates": self.num_updates,
        }

    def load_state_dict(self, state: dict) -> None:
        """Goes on from what `state_dict` gave."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        for name in ("return_mean", "return_square", "num_updates"):
            setattr(self, name, state[name])
