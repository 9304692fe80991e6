"""Weights as one flat vector, for learners that work in the space of all weights."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ...core.types import TimeStep
from ..networks.actor_critic import ActorCritic, NetworkInputs
from ..rollouts.rollout import to_device
from ..runtime.distributed import current_world, global_mean


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
    """Write a vector into weights in place, so that an optimiser keeps its references."""
    weights = list(weights)
    for weight, new in zip(weights, unflatten(vector, weights), strict=True):
        weight.copy_(new)


def average_gradients(weights: Iterable[nn.Parameter]) -> None:
    """Replace every `grad` by its mean over all processes."""
    if current_world().size == 1:
        return
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    assign(gradients, global_mean(flatten(gradients)))


def split_weights(
    agent: ActorCritic,
) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """The weights that the policy depends on, and those that only the value depends on, by name.

    If the two share a trunk, only the value's head is left to the value. Dependencies are read
    from gradients at random inputs, so this holds for any network.
    """
    named = dict(agent.named_parameters())
    rng = torch.Generator().manual_seed(0)
    dependencies = []  # names of the weights with a gradient, of the policy and of the value
    outputs = agent(*_random_inputs(agent, rng))
    for output in (outputs.log_probs, outputs.value):
        mix = torch.randn(output.shape, generator=rng).to(output.device)
        gradients = torch.autograd.grad(
            output, list(named.values()), mix, retain_graph=True, allow_unused=True
        )
        pairs = zip(named, gradients, strict=True)
        dependencies.append({name for name, grad in pairs if grad is not None and grad.any()})
    policy, value = dependencies
    own = value - policy
    return (
        {name: weight for name, weight in named.items() if name not in own},
        {name: weight for name, weight in named.items() if name in own},
    )


def _random_inputs(agent: ActorCritic, rng: torch.Generator) -> NetworkInputs:
    """A few steps of a few environments, inside a trial."""
    shape, spaces = (4, 8), agent.spaces
    if spaces.image_shape is not None:
        obs = torch.randint(256, (*shape, *spaces.image_shape), generator=rng, dtype=torch.uint8)
    else:
        assert spaces.num_states is not None
        obs = torch.randint(spaces.num_states, shape, generator=rng)
    action = torch.randint(spaces.num_actions, shape, generator=rng)
    reward = torch.randn(shape, generator=rng)
    timesteps = TimeStep(obs, action, reward, reward > 0, torch.zeros(shape, dtype=torch.bool))
    carry = torch.rand(agent.initial_carry(shape[1]).shape, generator=rng)
    # Drawn in any case, so that what is drawn next does not depend on the critic.
    privileged = torch.randn(*shape, spaces.num_critic_features, generator=rng)
    return NetworkInputs(
        timesteps=to_device(timesteps, agent.device),
        carry=carry.to(agent.device),
        privileged=privileged.to(agent.device) if agent.num_privileged else None,
    )
