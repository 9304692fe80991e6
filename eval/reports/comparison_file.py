"""The file of a comparison of trainings, see `eval.compare`."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...core.storage.figures import require_figures, require_keys
from ...core.storage.files import write_text
from ...core.storage.schema import parse, read_json

RETURNS = {"mean": float, "se": float}
Curve = dict[str, list[int | float | None]]  # values by metric; `steps` of each


@dataclass(frozen=True)
class Training:
    """A training, without its evaluation.

    Attributes:
        group: Value of the setting that is compared.
        seed: Of the training.
        steps: Agent steps, with those of a warm start.
        weights: Numbers in the network, the parts that only training needs included.
        memory_weights: Those of the memory; None for a network without one.
        steps_per_s: Agent steps a second of the fast iterations, see `eval.compare`.
        hardware: On which it ran.
        curve: Learning curve, see `agents.publish.thin`.
    """

    group: str
    seed: int
    steps: int
    weights: int
    memory_weights: int | None
    steps_per_s: float
    hardware: str
    curve: Curve


@dataclass(frozen=True)
class Run:
    """A training and its figures on fresh tasks.

    Attributes:
        training: The training.
        suite: Settings of the suite of the evaluation.
        figures: Metrics with their intervals, or total rewards of a trial, see `eval.metrics`.
    """

    training: Training
    suite: dict[str, Any]
    figures: dict[str, Any]


@dataclass
class Comparison:
    """Trainings that differ in one setting, evaluated alike.

    Attributes:
        by: The setting.
        engine: Simulator of the mazes.
        split: Split of the mazes.
        num_trials: Trials of each run.
        seed: Seed of the sampled actions.
        runs: In the order in which they were named.
    """

    by: str
    engine: str
    split: str
    num_trials: int
    seed: int
    runs: list[Run] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """Write the file, and its folder."""
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(asdict(self), separators=(",", ":")) + "\n")


def read_comparison(file: Path) -> Comparison:
    """Read the file of a comparison.

    Raises:
        UserError: It is none.
    """
    found = parse(Comparison, read_json(file), str(file))
    for index, run in enumerate(found.runs):
        where = f"{file}: runs[{index}].figures"
        if "success" in run.figures:
            require_figures(run.figures | {"trials": found.num_trials}, where)
        else:
            require_keys(RETURNS, run.figures, where)
    return found
