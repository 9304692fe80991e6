"""The fusion MLP over observation features and feedback features."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ...core.shapes import Float
from .layers import Dense


class FusionMLP(nn.ModuleList):
    """Dense layers over the concatenation of both, or just the concatenation.

    The first layer's sums over either input are computed apart, because each repeats within a
    rollout: frames recur, and there are few different feedbacks.

    Attributes:
        num_features: Size of the output.

    Args:
        num_observation: Observation features.
        num_feedback: Feedback features.
        sizes: Widths of the layers.
    """

    def __init__(self, num_observation: int, num_feedback: int, sizes: list[int]):
        widths = [num_observation + num_feedback, *sizes]
        super().__init__(map(Dense, widths, sizes))
        self.num_observation = num_observation
        self.num_features = widths[-1]

    def project_observation(
        self, observation: Float[Tensor, "batch observation"]
    ) -> Float[Tensor, "batch sums"]:
        """The first layer's sums over the observation, and its bias; without layers the input."""
        if not len(self):
            return observation
        weight = self._first.weight[:, : self.num_observation]
        return linear(observation, weight, self._first.bias)

    def project_feedback(
        self, feedback: Float[Tensor, "batch feedback"]
    ) -> Float[Tensor, "batch sums"]:
        """The first layer's sums over the feedback; without layers the input."""
        if not len(self):
            return feedback
        return linear(feedback, self._first.weight[:, self.num_observation :])

    def forward(
        self,
        observation: Float[Tensor, "batch projected"],
        feedback: Float[Tensor, "batch others"],
    ) -> Float[Tensor, "batch features"]:
        """Features from both projections."""
        if not len(self):
            return torch.cat((observation, feedback), -1)
        x = (observation + feedback).relu()
        for layer in list(self)[1:]:
            x = layer(x)
        return x

    @property
    def _first(self) -> Dense:
        first = self[0]
        assert isinstance(first, Dense)
        return first
