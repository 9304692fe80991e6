"""Encoders of observations: images and states."""

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.types import Spaces
from ..runtime.precision import is_in_bfloat16
from .layers import one_hot

# Frames that a CPU convolves at once: their activations fit into its cache.
CHUNK = 1024


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
        """[N, H, W, C] uint8 to [N, num_features] float32, or bfloat16 within `in_bfloat16`."""
        if image.device.type != "cpu" or len(image) <= CHUNK:
            return self._convolve(image)
        return torch.cat([self._convolve(part) for part in image.split(CHUNK)])

    def _convolve(self, image: Tensor) -> Tensor:
        """`forward` of all images at once."""
        pixels = image.permute(0, 3, 1, 2)  # still channels-last
        # A byte is exact in bfloat16, half a GPU's traffic. A CPU normalises float32 faster.
        narrow = image.is_cuda and is_in_bfloat16(image.device)
        pixels = pixels.bfloat16() if narrow else pixels.float()
        return self.conv(pixels.mul_(2 / 255).sub_(1)).flatten(1)


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
    """The encoder of a suite's observations.

    Raises:
        UserError: The spaces have none, or a convolution is larger than its input.
    """
    if spaces.image_shape is not None:
        return ImageEncoder(spaces.image_shape, conv)
    if spaces.num_states is None:
        raise UserError("the spaces have neither image_shape nor num_states; give one of them")
    return StateEncoder(spaces.num_states)
