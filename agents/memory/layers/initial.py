"""Initial biases of gates, by the number of steps over which a unit forgets."""

import torch
from torch import Tensor

from ....core.shapes import Float


def span_biases(units: int, max_span: int) -> Float[Tensor, " units"]:
    """Biases of a gate that keeps the state, with spans from 2 to `max_span` steps.

    A gate of sigmoid(log(s - 1)) = 1 - 1 / s forgets over s steps (chrono initialisation, Tallec
    and Ollivier 2018). Here the spans are spread evenly in their logarithm, not drawn.
    """
    span = torch.logspace(0, 1, units, base=max_span / 2) * 2
    return (span - 1).log()
