"""Random draws for many tasks at once, from a generator that is passed in."""

import torch
from torch import Tensor

from ..shapes import Float, Int64

FEW = 1 << 12  # below this many draws torch's own serial routine is faster


def random_argmax(scores: Float[Tensor, "*batch choices"], rng: torch.Generator) -> Tensor:
    """Index of the greatest score along the last axis, [*batch] int64; ties broken uniformly."""
    lots = 1 + torch.rand(scores.shape, generator=rng, device=scores.device)
    return lots.mul_(scores == scores.amax(-1, keepdim=True)).argmax(-1)


def random_actions(batch_size: int, num_actions: int, rng: torch.Generator) -> Int64[Tensor, " b"]:
    """Uniform actions."""
    return torch.randint(num_actions, (batch_size,), generator=rng, device=rng.device)


def gamma(shape: Float[Tensor, "*any"], rng: torch.Generator) -> Float[Tensor, "*any"]:
    """Draw from Gamma(shape, 1).

    Torch's own routine is serial on a CPU. For shapes of at least 1, as in every posterior here,
    the batched method of Marsaglia and Tsang (2000) takes half the time. A GPU keeps torch's
    routine, which never waits for the host; it is private, because the public one takes no
    generator.
    """
    if shape.device.type != "cpu" or shape.numel() < FEW or bool((shape < 1).any()):
        return torch._standard_gamma(shape, generator=rng)  # pyright: ignore[reportPrivateImportUsage]
    d = shape - 1 / 3
    c = (9 * d).rsqrt_()
    x = torch.randn(shape.shape, generator=rng)
    u = torch.rand(shape.shape, generator=rng)
    v = (c * x).add_(1).pow_(3)
    squeeze = x.square().square_().mul_(-0.0331).add_(1)
    doubtful = ((u >= squeeze) | (v <= 0)).view(-1).nonzero().squeeze(1)
    draw = v.mul_(d)

    d, c, out = d.view(-1)[doubtful], c.view(-1)[doubtful], draw.view(-1)
    x, u = x.view(-1)[doubtful], u.view(-1)[doubtful]
    while len(doubtful):
        v = (1 + c * x) ** 3
        good = u.log() < x.square() / 2 + d * (1 - v + v.log())  # false where v <= 0: log is nan
        out[doubtful[good]] = (d * v)[good]
        doubtful, d, c = doubtful[~good], d[~good], c[~good]
        x = torch.randn(len(doubtful), generator=rng)
        u = torch.rand(len(doubtful), generator=rng)
    return draw


def beta(
    a: Float[Tensor, "*any"], b: Float[Tensor, "*any"], rng: torch.Generator
) -> Float[Tensor, "*any"]:
    """Draw from Beta(a, b)."""
    x = gamma(a, rng)
    return x / (x + gamma(b, rng))


def dirichlet(alpha: Float[Tensor, "*any k"], rng: torch.Generator) -> Float[Tensor, "*any k"]:
    """Draw probability vectors from Dirichlet(alpha), along the last axis."""
    x = gamma(alpha, rng)
    return x.div_(x.sum(-1, keepdim=True))
