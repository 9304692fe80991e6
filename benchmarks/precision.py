"""Training with products in bfloat16 beside float32, by turns in one process.

    rl2 bench precision
    rl2 bench precision recipes=[walk] threads=1 rounds=3

Each training runs twice, once in either precision, iteration by iteration in turn; see
`agents.runtime.precision`. Rates are agent steps a second, medians over rounds. The last line is
one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench precision")

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch

from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.runtime.precision import has_bfloat16
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import say
from rl2_mazes.benchmarks.harness.trainings import RECIPES, settings_of, training
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.formatting import lay_out
from rl2_mazes.core.validation import count

NAMES = ("float32", "bfloat16")
PARTS = ("collect_seconds", "learn_seconds")
WARM_UP = 2  # iterations
LOWERED = [name for name in RECIPES if name.startswith(("demo", "walk"))]  # by precision=auto


@dataclass
class PrecisionConfig:
    """Keys of `rl2 bench precision`.

    Attributes:
        recipes: Trainings to measure, names in `LOWERED`; some by default.
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
        threads: Threads of torch; all cores by default.
        rounds: Iterations of each training that count.
    """

    recipes: list[str] = field(default_factory=lambda: ["demo", "walk", "walk_no_labels"])
    device: str = "auto"
    threads: int | None = count(None)
    rounds: int = count(5)

    def __post_init__(self):
        if unknown := [name for name in self.recipes if name not in LOWERED]:
            raise UserError(f"recipes names {unknown[0]}; it must name some of {LOWERED}")
        if not self.recipes:
            raise UserError(f"recipes is empty; it must name some of {LOWERED}")


def beside(recipe: str, device: torch.device, rounds: int) -> dict[str, Any]:
    """Seconds of an iteration of either training, and how many times as fast bfloat16 is."""
    with ExitStack() as stack:
        of = {}
        for name in NAMES:
            settings = settings_of(recipe, device, f"precision={name}")
            of[name] = stack.enter_context(training(settings, device))
        spent: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
        for turn in range(WARM_UP + rounds):
            for name, each in of.items():
                metrics = each.iterate()
                if turn >= WARM_UP:
                    spent[name].append(metrics)
        num_steps = of["float32"].steps // (WARM_UP + rounds)
    figures: dict[str, Any] = {name: figures_of(spent[name], num_steps) for name in NAMES}
    exact, reduced = (figures[name] for name in NAMES)
    return figures | {
        "times_as_fast": round(reduced["steps_per_s"] / exact["steps_per_s"], 2),
        "learning_times_as_fast": round(exact["learn_seconds"] / reduced["learn_seconds"], 2),
    }


def figures_of(iterations: list[dict[str, float]], num_steps: int) -> dict[str, float]:
    """Medians over iterations of `num_steps` steps."""
    seconds = {part: median(each[part] for each in iterations) for part in PARTS}
    total = median(sum(each[part] for part in PARTS) for each in iterations)
    return {"steps_per_s": round(num_steps / total)} | seconds


def main() -> None:
    """Measure and print."""
    config = arguments.read(PrecisionConfig)
    device = resolve_device(config.device)
    configure_device(device)
    torch.set_num_threads(config.threads or torch.get_num_threads())
    found = {}
    for recipe in config.recipes:
        say(f"measuring {recipe}")
        found[recipe] = beside(recipe, device, config.rounds)
    rows = [
        [
            recipe,
            *(str(figures[name]["steps_per_s"]) for name in NAMES),
            *(str(figures[key]) for key in ("times_as_fast", "learning_times_as_fast")),
        ]
        for recipe, figures in found.items()
    ]
    print(lay_out(["training", *NAMES, "times as fast", "learning alone"], rows))
    print(
        json.dumps(
            {
                "device": str(device),
                "has_bfloat16": has_bfloat16(device),
                "threads": torch.get_num_threads(),
                "trainings": found,
            }
        )
    )
