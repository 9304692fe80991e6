"""Products with the Fisher matrix of a policy, and conjugate gradients to solve equations with it.

F = mean over steps of J^T diag(p) J, with p the probabilities of all actions and J the Jacobian of
their logarithms with respect to the weights. It is the Hessian of the mean KL divergence at the old
policy.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...core.shapes import Float
from ..runtime.distributed import global_mean
from .flat_parameters import flatten, unflatten

# Norm of the change of weights over which J v is measured. In float32, on agents in training on
# bandits, products were within 1 % of exact ones. A third of it gave errors of up to 5 % by
# rounding; three times as much, up to 4 % by kinks of the network.
DIFFERENCE = 1e-3


@contextmanager
def full_precision() -> Iterator[None]:
    """Disable TF32, which would round a difference away."""
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32, torch.get_float32_matmul_precision()
    cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        cudnn.allow_tf32 = before[0]
        torch.set_float32_matmul_precision(before[1])


class Fisher:
    """The Fisher matrix of a policy, as a function that multiplies vectors by it.

    The GRU's own backward pass cannot be differentiated again. J v is therefore a central
    difference of two forward passes, and J^T u an exact backward pass, whose forward pass all
    products share.

    Args:
        policy: Called with `inputs`, returns log-probabilities [T, B, A] first.
        weights: The matrix's parameters by name, some of the policy's.
        inputs: See `Rollout.take_envs`.
        difference: Norm of the change of weights over which J v is measured.
    """

    def __init__(
        self,
        policy: nn.Module,
        weights: Mapping[str, Tensor],
        inputs: tuple[Any, ...],
        difference: float = DIFFERENCE,
    ):
        self.policy = policy
        self.weights = dict(weights)
        self.inputs = inputs
        self.difference = difference
        self.centre = flatten(self.weights.values())
        self.log_probs: Tensor = policy(*inputs)[0]  # keeps its graph
        self.probs = self.log_probs.detach().exp()

    def __call__(self, vector: Float[Tensor, " weights"]) -> Float[Tensor, " weights"]:
        """F v, averaged over all processes."""
        step = vector * (self.difference / vector.norm().clamp(min=1e-30))
        change = self._log_probs_at(self.centre + step) - self._log_probs_at(self.centre - step)
        tangent = change * (vector.norm() / (2 * self.difference))
        num_steps = self.probs[..., 0].numel()
        products = torch.autograd.grad(
            self.log_probs,
            list(self.weights.values()),
            grad_outputs=self.probs * tangent / num_steps,
            retain_graph=True,
        )
        return global_mean(flatten(products))

    @full_precision()
    @torch.no_grad()
    def _log_probs_at(self, vector: Tensor) -> Tensor:
        tensors = unflatten(vector, self.weights.values())
        weights = dict(zip(self.weights, tensors, strict=True))
        return functional_call(self.policy, weights, self.inputs)[0]


def conjugate_gradient(
    product: Callable[[Tensor], Tensor],
    b: Float[Tensor, " n"],
    iterations: int,
    tolerance: float = 1e-5,
) -> Float[Tensor, " n"]:
    """Solve A x = b for a symmetric positive definite A (Hestenes and Stiefel 1952).

    Args:
        product: Multiplies a vector by A.
        b: The right-hand side.
        iterations: Maximal number of products.
        tolerance: Stops when the residual's norm is this share of b's.

    Returns:
        x, or its last iterate; each satisfies x^T A x = x^T b, because its residual is orthogonal
        to it.
    """
    x = torch.zeros_like(b)
    residual = b.clone()
    direction = b.clone()
    square = residual.dot(residual)
    enough = square * tolerance**2
    for _ in range(iterations):
        if not square > enough:  # also where b is zero or not finite
            break
        along = product(direction)
        curvature = direction.dot(along)
        if not curvature > 0:  # the rest is rounding error
            break
        length = square / curvature
        x += length * direction
        residual -= length * along
        before, square = square, residual.dot(residual)
        direction = residual + (square / before) * direction
    return x
