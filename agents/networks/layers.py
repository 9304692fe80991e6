"""Small layers, and their initialisation."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm


class Dense(nn.Linear):
    """A linear layer and ReLU, initialised orthogonally."""

    def __init__(self, num_in: int, num_out: int):
        super().__init__(num_in, num_out)
        orthogonal(self)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """[..., num_in] to [..., num_out]."""
        return super().forward(input).relu()


class EmptyHead(nn.Module):
    """A head without outputs or weights."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """[..., num_in] to [..., 0]."""
        return input[..., :0]


def dense(num_in: int, num_out: int) -> tuple[nn.Module, int]:
    """A dense layer and its width; the identity if `num_out` is 0."""
    return (Dense(num_in, num_out), num_out) if num_out else (nn.Identity(), num_in)


def orthogonal(layer: nn.Linear, gain: float = math.sqrt(2)) -> nn.Linear:
    """Initialise a layer with orthogonal weights and zero bias; return it."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def normalise_weights(module: nn.Module) -> None:
    """Apply weight normalisation (Salimans and Kingma 2016) to every layer inside, unit by unit."""
    for layer in list(module.modules()):
        for name, _ in list(layer.named_parameters(recurse=False)):
            if name.startswith("weight"):
                weight_norm(layer, name)


def one_hot(x: Tensor, size: int) -> Tensor:
    """[N] int64 to [N, size] float32. Torch's own reads the largest entry back to check it."""
    return (x[:, None] == torch.arange(size, device=x.device)).float()
