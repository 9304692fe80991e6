"""Expected mean reward of the best of k arms, by family of the rewards."""

import math

import torch


def best_of_uniform(num_arms: int, low: float, high: float) -> float:
    """Expected maximum of k uniform draws from [low, high]: low + (high - low) k / (k + 1)."""
    return low + (high - low) * num_arms / (num_arms + 1)


def best_of_normal(num_arms: int) -> float:
    """Expected maximum of k standard normal draws.

    The integral of k x phi(x) Phi(x)^(k - 1) by the trapezoidal rule, exact to about 1e-9.
    """
    x = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    density = num_arms * torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
    return torch.trapezoid(x * density * torch.special.ndtr(x) ** (num_arms - 1), x).item()
