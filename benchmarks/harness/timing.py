"""Clocks, medians of interleaved rounds, and progress messages."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping

import torch


def now(device: torch.device) -> float:
    """Seconds on a monotonic clock, read once the device has finished its queued work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """Seconds that the work takes, including what it queues on the device."""
    start = now(device)
    work()
    return now(device) - start


def interleave(
    contenders: Mapping[str, Callable[[], float]], rounds: int, warm_up: int = 0
) -> dict[str, float]:
    """Median of each contender's figures; every round measures all contenders.

    Interleaving exposes all contenders to the same load from other processes.

    Args:
        contenders: Functions that measure once and return a figure.
        rounds: Rounds that count.
        warm_up: Rounds before those.
    """
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(warm_up + rounds):
        for name, measure in contenders.items():
            figures[name].append(measure())
    return {name: statistics.median(values[warm_up:]) for name, values in figures.items()}


def say(line: str) -> None:
    """Print progress on stderr."""
    print(line, file=sys.stderr, flush=True)
