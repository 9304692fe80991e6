"""The eyes of the RL² network: encoders of what is seen. Its memory is in `agents.memory.gru`."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from ...core.errors import UserError


class ImageEncoder(nn.Module):
    """Convolutions over an image, flattened.

    Args:
        image_shape: (height, width, channels).
        conv: Per layer: channels out, kernel side, stride; no padding.
    """

    def __init__(self, image_shape: tuple[int, int, int], conv: list[list[int]]):
        super().__init__()
        height, width, channels = image_shape
        layers: list[nn.Module] = []
        for out, kernel, stride in conv:
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU(inplace=True)]
            height, width = (height - kernel) // stride + 1, (width - kernel) // stride + 1
            channels = out
            if height < 1 or width < 1:
                raise UserError(f"conv {conv} is too large for images of {image_shape}")
        # Frames come channels-last, and twice as fast on a CPU as in torch's default layout.
        self.conv = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore
        self.num_features = channels * height * width

    def forward(self, image: Tensor) -> Tensor:
        """[N, H, W, C] uint8 to [N, num_features] float32."""
        pixels = image.permute(0, 3, 1, 2)  # still channels-last
        if not may_shorten(image.device):
            return self.conv(pixels.float().mul_(2 / 255).sub_(1)).flatten(1)
        # A byte is a byte in bfloat16 too, and products are summed in float32. Nothing is kept
        # from call to call, since weights change within what is recorded.
        with torch.autocast(image.device.type, torch.bfloat16, cache_enabled=False):
            return self.conv(pixels.bfloat16().mul_(2 / 255).sub_(1)).flatten(1).float()


def may_shorten(device: torch.device) -> bool:
    """Whether convolutions there may have fewer bits, and are faster for it.

    `torch.backends.cudnn.allow_tf32` says whether they may, here as in torch.
    """
    if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
        return False
    return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere


class StateEncoder(nn.Module):
    """One-hot states."""

    def __init__(self, num_states: int):
        super().__init__()
        self.num_features = num_states

    def forward(self, state: Tensor) -> Tensor:
        """[N] int64 to [N, num_states]."""
        return one_hot(state, self.num_features)


def one_hot(x: Tensor, size: int) -> Tensor:
    """[N] int64 to [N, size] float32. Torch's own reads the largest entry back to check it."""
    return (x[:, None] == torch.arange(size, device=x.device)).float()


class Dense(nn.Linear):
    """A linear layer and ReLU."""

    def __init__(self, num_in: int, num_out: int):
        super().__init__(num_in, num_out)
        orthogonal(self)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """[..., num_in] to [..., num_out]."""
        return super().forward(input).relu()


class Nothing(nn.Module):
    """A head that is not there."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """[..., num_in] to [..., 0]."""
        return input[..., :0]


def dense(num_in: int, num_out: int) -> tuple[nn.Module, int]:
    """A dense layer and its width; with a width of 0 nothing, and what came in passes."""
    return (Dense(num_in, num_out), num_out) if num_out else (nn.Identity(), num_in)


def orthogonal(layer: nn.Linear, gain: float = math.sqrt(2)) -> nn.Linear:
    """Orthogonal weights, zero bias."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def normalise_weights(module: nn.Module) -> None:
    """Splits the weights of every layer inside, unit by unit, into direction and norm."""
    for layer in list(module.modules()):
        for name, _ in list(layer.named_parameters(recurse=False)):
            if name.startswith("weight"):
                weight_norm(layer, name)
