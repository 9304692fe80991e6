"""Encoders of observations: images and states."""

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.types import Spaces
from .layers import one_hot


class ImageEncoder(nn.Module):
    """Convolutions over an image, flattened.

    Attributes:
        num_features: Size of the output.

    Args:
        image_shape: (height, width, channels).
        conv: Per layer: channels out, kernel side, stride; no padding.

    Raises:
        UserError: A convolution is larger than its input.
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
                raise UserError(
                    f"agent.conv is {conv}; it is too large for images of {image_shape}"
                )
        # Frames are channels-last, which a CPU convolves twice as fast as torch's default layout.
        self.conv = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore
        self.num_features = channels * height * width

    def forward(self, image: Tensor) -> Tensor:
        """[N, H, W, C] uint8 to [N, num_features] float32."""
        pixels = image.permute(0, 3, 1, 2)  # still channels-last
        if not uses_bfloat16(image.device):
            return self.conv(pixels.float().mul_(2 / 255).sub_(1)).flatten(1)
        # A byte is exact in bfloat16, and products are summed in float32. The cast weights are not
        # cached between calls, because weights change within a captured CUDA graph.
        with torch.autocast(image.device.type, torch.bfloat16, cache_enabled=False):
            return self.conv(pixels.bfloat16().mul_(2 / 255).sub_(1)).flatten(1).float()


def uses_bfloat16(device: torch.device) -> bool:
    """Return whether convolutions on `device` may run in bfloat16 and gain speed by it.

    `torch.backends.cudnn.allow_tf32` permits reduced precision, here as in torch.
    """
    if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
        return False
    return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere


class StateEncoder(nn.Module):
    """One-hot states.

    Attributes:
        num_features: Size of the output.
    """

    def __init__(self, num_states: int):
        super().__init__()
        self.num_features = num_states

    def forward(self, state: Tensor) -> Tensor:
        """[N] int64 to [N, num_states]."""
        return one_hot(state, self.num_features)


def make_encoder(spaces: Spaces, conv: list[list[int]]) -> ImageEncoder | StateEncoder:
    """The encoder of a suite's observations."""
    if spaces.image_shape is not None:
        return ImageEncoder(spaces.image_shape, conv)
    assert spaces.num_states is not None
    return StateEncoder(spaces.num_states)
