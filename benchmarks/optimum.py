"""Expected optimal value of an episode of random MDPs, for returns by regret.

    rl2 bench optimum                           # the sizes that are stored already; minutes
    rl2 bench optimum sizes=[s10_a5_t10]

Writes mdps/optimum.json: by size, the mean over tasks with its standard error. Mean rewards are
drawn from N(0, 1); `mdps.suite` converts the value to the mean and deviation of its own rewards.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench optimum")

import json
import math
from dataclasses import dataclass, field
from typing import Any

import torch

from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.core.random import seeding
from rl2_mazes.core.storage.files import write_text
from rl2_mazes.core.storage.provenance import origin
from rl2_mazes.core.validation import check, count, seed
from rl2_mazes.mdps.optimum import FILE
from rl2_mazes.mdps.suite import MDPSuite

BATCH = 1000  # tasks solved at a time


@dataclass
class OptimumConfig:
    """Keys of `rl2 bench optimum`.

    Attributes:
        sizes: Sizes of MDPs, such as s10_a5_t10; those of the file if empty.
        num_tasks: MDPs of each size.
        seed: Seed of the tasks.
    """

    sizes: list[str] = field(default_factory=list)
    num_tasks: int = count(1_000_000, least=2)
    seed: int = seed(0)

    def __post_init__(self):
        check(self)
        self.suites()  # raises for a size that is none

    def suites(self) -> dict[str, MDPSuite]:
        """MDPs of the sizes, with rewards of mean 0 and deviation 1."""
        named = {size: MDPSuite.from_name(f"{size}_n1") for size in self.sizes or stored()}
        return {
            size: MDPSuite(each.num_states, each.num_actions, each.horizon, 1, 0.0, 1.0)
            for size, each in named.items()
        }


def main() -> None:
    """Measure the sizes and update the file after each."""
    config = arguments.read(OptimumConfig)
    for size, suite in config.suites().items():
        entry = {**measure(suite, config.num_tasks, config.seed), **origin(torch.device("cpu"))}
        print(size, json.dumps(entry), flush=True)
        write_text(FILE, json.dumps({**stored(), size: entry}, indent=1) + "\n")


def stored() -> dict[str, dict[str, Any]]:
    """The file's content by size."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}


def measure(suite: MDPSuite, num_tasks: int, seed: int) -> dict[str, Any]:
    """Optimal value of an episode: mean over tasks, standard error, number of tasks and seed."""
    rng = torch.Generator().manual_seed(seed * seeding.TABLES)
    total, squares = 0.0, 0.0
    for begin in range(0, num_tasks, BATCH):
        tasks = suite.sample(rng, min(BATCH, num_tasks - begin))
        value = suite.ceiling(tasks).double()
        total += value.sum().item()
        squares += value.square().sum().item()
    mean = total / num_tasks
    variance = (squares - num_tasks * mean**2) / (num_tasks - 1)
    se = math.sqrt(variance / num_tasks)
    return {"mean": round(mean, 6), "se": round(se, 6), "num_tasks": num_tasks, "seed": seed}
