"""The layers in which what is seen and what is fed back come together."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ...core.shapes import Float
from .encoders import Dense


class Fusion(nn.ModuleList):
    """Dense layers over both, side by side; or none.

    A unit of the first adds up both, and each of the two sums is worked out by itself: images come
    again, and there is little that can be fed back.

    Attributes:
        num_features: What comes out.

    Args:
        num_seen: Of what is seen.
        num_fed_back: Of what is fed back.
        sizes: Widths of the layers.
    """

    def __init__(self, num_seen: int, num_fed_back: int, sizes: list[int]):
        widths = [num_seen + num_fed_back, *sizes]
        super().__init__(map(Dense, widths, sizes))
        self.num_seen = num_seen
        self.num_features = widths[-1]

    def sum_seen(self, seen: Float[Tensor, "batch seen"]) -> Float[Tensor, "batch sums"]:
        """The first layer's sum over what is seen, and its bias; without a layer what is seen."""
        if not len(self):
            return seen
        return linear(seen, self._first.weight[:, : self.num_seen], self._first.bias)

    def sum_fed_back(self, fed_back: Float[Tensor, "batch fed"]) -> Float[Tensor, "batch sums"]:
        """The first layer's sum over what is fed back; without a layer what is fed back."""
        if not len(self):
            return fed_back
        return linear(fed_back, self._first.weight[:, self.num_seen :])

    def forward(
        self, of_seen: Float[Tensor, "batch sums"], of_fed_back: Float[Tensor, "batch others"]
    ) -> Float[Tensor, "batch features"]:
        """What the layers make of the two sums; without a layer both, side by side."""
        if not len(self):
            return torch.cat((of_seen, of_fed_back), -1)
        x = (of_seen + of_fed_back).relu()
        for layer in list(self)[1:]:
            x = layer(x)
        return x

    @property
    def _first(self) -> Dense:
        first = self[0]
        assert isinstance(first, Dense)
        return first
