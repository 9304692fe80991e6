"""Speed of planning for a batch of MDPs beside planning for one MDP at a time in numpy.

    rl2 bench planning
    rl2 bench planning num_tasks=10000 threads=2

Both run the same algorithms on the paper's sizes (10 states, 5 actions, horizon 10); numpy is
vectorised over states and actions. Their results must agree. The last line is one JSON object:
microseconds per task of both, and their ratio.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench planning")

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch

from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.core.validation import count
from rl2_mazes.mdps.planning import backward_induction, extended_value_iteration
from rl2_mazes.mdps.suite import MDPSuite


@dataclass
class PlanningConfig:
    """Keys of `rl2 bench planning`.

    Attributes:
        num_tasks: MDPs in the batch.
        repeats: Repetitions; the fastest counts.
        threads: Threads of torch.
    """

    num_tasks: int = count(1000)
    repeats: int = count(30)
    threads: int = count(1)


def numpy_backward_induction(
    transitions: np.ndarray, rewards: np.ndarray, horizon: int
) -> np.ndarray:
    """Q values [T, S, A] of one MDP: transitions [S, A, S], rewards [S, A]."""
    q = np.empty((horizon, *rewards.shape), dtype=rewards.dtype)
    q[-1] = rewards
    for t in range(horizon - 2, -1, -1):
        q[t] = rewards + transitions @ q[t + 1].max(1)
    return q


def numpy_extended_value_iteration(
    transitions: np.ndarray, rewards: np.ndarray, width: np.ndarray, horizon: int
) -> np.ndarray:
    """Optimistic Q values [T, S, A] of one MDP.

    Moves probability, at most half the width [S, A], from the worst next states to the best one.
    """
    q = np.empty((horizon, *rewards.shape), dtype=rewards.dtype)
    q[-1] = rewards
    for t in range(horizon - 2, -1, -1):
        value = q[t + 1].max(1)
        order = value.argsort()
        p = transitions[:, :, order]
        moved = np.minimum(width[:, :, None] / 2, 1 - p[:, :, -1:])
        left = np.maximum(p[:, :, :-1].cumsum(2) - moved, 0)  # of the i worst together
        best = p[:, :, -1:] + moved
        p = np.concatenate([np.diff(left, axis=2, prepend=0), best], axis=2)
        q[t] = rewards + p @ value[order]
    return q


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest repetition."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def measure(num_tasks: int, repeats: int) -> dict[str, dict[str, float]]:
    """Microseconds per task of each planner, batched and one at a time, and their ratio."""
    suite = MDPSuite()
    rng = torch.Generator().manual_seed(0)
    transitions, rewards = suite.sample(rng, num_tasks)
    width = torch.rand(rewards.shape, generator=rng)
    horizon = suite.horizon
    planners = {
        "backward_induction": (
            backward_induction,
            numpy_backward_induction,
            (transitions, rewards),
        ),
        "extended_value_iteration": (
            extended_value_iteration,
            numpy_extended_value_iteration,
            (transitions, rewards, width),
        ),
    }
    results = {}
    for name, (batched, single, tensors) in planners.items():
        arrays = [tensor.numpy() for tensor in tensors]

        def together(batched=batched, tensors=tensors) -> np.ndarray:
            return batched(*tensors, horizon).numpy()

        def one_by_one(single=single, arrays=arrays) -> np.ndarray:
            return np.stack([single(*task, horizon) for task in zip(*arrays, strict=True)])

        np.testing.assert_allclose(together(), one_by_one(), rtol=1e-4, atol=1e-4)
        batch = seconds(together, repeats) / num_tasks * 1e6
        loop = seconds(one_by_one, repeats) / num_tasks * 1e6
        results[name] = {
            "batched_us": round(batch, 2),
            "numpy_us": round(loop, 1),
            "ratio": round(loop / batch, 1),
        }
    return results


def main() -> None:
    """Measure and print."""
    settings = arguments.read(PlanningConfig)
    torch.set_num_threads(settings.threads)
    results = measure(settings.num_tasks, settings.repeats)
    for name, result in results.items():
        print(
            f"{name}: {result['batched_us']} us per task batched, {result['numpy_us']} us one at a "
            f"time in numpy: {result['ratio']} times faster"
        )
    print(json.dumps({**asdict(settings), **results}))
