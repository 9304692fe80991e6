"""Weights as one long vector, for learners that reason about steps in the space of all of them."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from agents.distributed import current_world, global_mean
from agents.rl2 import RL2Agent
from trials.types import TimeStep


def flatten(tensors: Iterable[Tensor]) -> Tensor:
    """One vector of all entries, in each tensor's logical order whatever its memory layout."""
    return torch.cat([x.detach().reshape(-1) for x in tensors])


def unflatten(vector: Tensor, like: Iterable[Tensor]) -> list[Tensor]:
    """The inverse of `flatten`, for tensors of the shapes of `like`."""
    like = list(like)
    parts = vector.split([x.numel() for x in like])
    return [part.view(x.shape) for part, x in zip(parts, like, strict=True)]


@torch.no_grad()
def assign(weights: Iterable[Tensor], vector: Tensor) -> None:
    """Writes a vector into weights, in place: they stay the tensors that an optimiser knows."""
    weights = list(weights)
    for weight, new in zip(weights, unflatten(vector, weights), strict=True):
        weight.copy_(new)


def average_gradients(weights: Iterable[nn.Parameter]) -> None:
    """Replaces every `grad` by its mean over all processes."""
    if current_world().size == 1:
        return
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    assign(gradients, global_mean(flatten(gradients)))


def split_weights(agent: RL2Agent) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """The weights that the policy depends on, and those that only the value does, by name.

    Where the two share a trunk, only the value's head is left to the value. What depends on what
    is asked of a gradient, so that this holds for any network.
    """
    spaces, device = agent.spaces, agent.device
    zero = torch.zeros(1, 1, dtype=torch.int64, device=device)
    image = spaces.image_shape
    obs = zero if image is None else zero.new_zeros((1, 1, *image), dtype=torch.uint8)
    timestep = TimeStep(obs, zero, zero.float(), zero.bool(), ~zero.bool())
    named = dict(agent.named_parameters())
    log_probs, _ = agent(timestep, agent.initial_carry(1))
    gradients = torch.autograd.grad(log_probs.sum(), list(named.values()), allow_unused=True)
    used = {name for name, gradient in zip(named, gradients, strict=True) if gradient is not None}
    return (
        {name: weight for name, weight in named.items() if name in used},
        {name: weight for name, weight in named.items() if name not in used},
    )
