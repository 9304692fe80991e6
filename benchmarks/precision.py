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
from functools import partial
from typing import Any

import torch

from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.runtime.precision import has_bfloat16
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import interleave, say
from rl2_mazes.benchmarks.harness.trainings import RECIPES, settings_of, training
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.formatting import lay_out
from rl2_mazes.core.validation import count

NAMES = ("float32", "bfloat16")
PARTS = ("collect_seconds", "learn_seconds")


@dataclass
class PrecisionConfig:
    """Keys of `rl2 bench precision`.

    Attributes:
        recipes: Trainings to measure, names in `benchmarks.harness.trainings.RECIPES`.
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
        threads: Threads of torch; all cores by default.
        rounds: Iterations of each training that count.
    """

    recipes: list[str] = field(default_factory=lambda: ["demo", "walk", "walk_no_labels"])
    device: str = "auto"
    threads: int | None = count(None)
    rounds: int = count(5)

    def __post_init__(self):
        if unknown := [name for name in self.recipes if name not in RECIPES]:
            raise UserError(f"recipes names {unknown[0]}; it must name some of {list(RECIPES)}")


def beside(recipe: str, device: torch.device, rounds: int) -> dict[str, Any]:
    """Seconds of an iteration of either training, and how many times as fast bfloat16 is."""
    with ExitStack() as stack:
        of = {}
        for name in NAMES:
            settings = settings_of(recipe, device, f"precision={name}")
            of[name] = stack.enter_context(training(settings, device))
        spent: dict[str, dict[str, float]] = {name: dict.fromkeys(PARTS, 0.0) for name in NAMES}
        seconds = {name: partial(seconds_of_iteration, of[name], spent[name]) for name in NAMES}
        medians = interleave(seconds, rounds, warm_up=2)
        num_steps = of["float32"].steps // (rounds + 2)
    figures: dict[str, Any] = {
        name: {"steps_per_s": round(num_steps / medians[name])}
        | {part: round(spent[name][part] / (rounds + 2), 3) for part in PARTS}
        for name in NAMES
    }
    learning = [spent[name]["learn_seconds"] for name in NAMES]
    return figures | {
        "times_as_fast": round(medians["float32"] / medians["bfloat16"], 2),
        "learning_times_as_fast": round(learning[0] / learning[1], 2),
    }


def seconds_of_iteration(of: Trainer, spent: dict[str, float]) -> float:
    """Seconds of one iteration; adds its parts to `spent`."""
    metrics = of.iterate()
    for part in PARTS:
        spent[part] += metrics[part]
    return sum(metrics[part] for part in PARTS)


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
