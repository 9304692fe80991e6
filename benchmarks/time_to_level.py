"""Minutes and steps of training until an agent holds a level on validation tasks.

    rl2 bench time_to_level
    rl2 bench time_to_level levels=[demo,bandit_k50_n500] seeds=3 changes=[learner.lr=1e-3]
    rl2 bench time_to_level levels=[walk_small] runs=[RUN_A,RUN_B]

Trains a preset from nothing, seed after seed, and measures the agent twenty times on the way, with
sampled actions, mazes on the twin. A level is held where two measurements in a row reach it; the
first of them counts. Seconds are those of rollouts and updates alone; presets anneal, so that a
level may be reached at the end of a training only. Every finished seed is kept in
runs/time_to_level.json, and a second call resumes after it. The paper's steps, by eye off its
learning curves, stand beside ours. The last line is one JSON object.

With `runs`, long trainings by rl2-train keep_every=STEPS are measured afterwards, by the agents
that they kept. Their seconds are wall time, from the first rollout on.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench time_to_level")

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch

from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.levels import (
    LEVELS,
    Figures,
    Held,
    Stage,
    hold,
    of_run,
    of_training,
    require_run,
)
from rl2_mazes.benchmarks.harness.timing import say
from rl2_mazes.benchmarks.harness.trainings import checked
from rl2_mazes.core.cli.arguments import key_of
from rl2_mazes.core.cli.within import read_settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.formatting import lay_out
from rl2_mazes.core.random import seeding
from rl2_mazes.core.storage.files import write_text
from rl2_mazes.core.storage.provenance import origin
from rl2_mazes.core.storage.schema import parse, read_json
from rl2_mazes.core.validation import count
from rl2_mazes.eval.metrics.figures import figures_of
from rl2_mazes.eval.trials.trials import run_trials

FILE = Path("runs/time_to_level.json")
FIGURES = ("success", "length", "length_all", "length_ratio", "mean", "se", "by_regret")  # kept
OWN_KEYS = {  # of rl2-train, which no change may set, and why
    "seed": "seeds counts them from 0",
    "device": "it is a key of this benchmark",
    "experiment": "levels chooses it",
    "init_from": "trainings are from scratch",
    "run_dir": "nothing but the figures is kept",
    "sweep": "a training is one run",
}


@dataclass
class TimeToLevelConfig:
    """Keys of `rl2 bench time_to_level`.

    Attributes:
        levels: Levels to train to; all if empty.
        seeds: Trainings of each.
        num_trials: Validation tasks of a measurement.
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
        changes: Further arguments of rl2-train, such as learner.lr=1e-3 or total_steps=500_000.
        runs: Folders of trainings by rl2-train keep_every=STEPS, whose kept agents are measured
            instead of training, and seeds is not read; levels names their one level.
    """

    levels: list[str] = field(default_factory=list)
    seeds: int = count(3)
    num_trials: int = count(500, least=2)
    device: str = "auto"
    changes: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def __post_init__(self):
        if unknown := sorted(set(self.levels) - LEVELS.keys()):
            raise UserError(f"levels names {unknown[0]}; it must name some of {', '.join(LEVELS)}")
        if own := [each for each in self.changes if key_of(each) in OWN_KEYS]:
            why = OWN_KEYS[key_of(own[0])]
            raise UserError(f"changes holds {own[0]}, which cannot be changed: {why}")
        if self.runs and len(self.levels) != 1:
            raise UserError("runs is given, so levels must name the one level of these trainings")
        if self.runs and self.changes:
            raise UserError("runs is given, whose settings stay as they are: leave changes out")
        if len(set(self.runs)) < len(self.runs):
            raise UserError("runs names a training twice")


@dataclass(frozen=True)
class Seed:
    """A training to a level.

    Attributes:
        level: Name of the level.
        changes: Changes of its preset.
        seed: Of the training.
        num_trials: Validation tasks of a measurement; None in a file of an earlier version.
        device: Device of the training; None alike.
        steps, seconds: Until the level was held; None if it never was.
        trained: Steps of the whole training.
        figures: Of the last measurement.
        preset: Of the training; None in a file of an earlier version.
        machine: On which it ran, with the commit.
    """

    level: str
    changes: list[str]
    seed: int
    steps: int | None
    seconds: float | None
    trained: int
    figures: dict[str, Any]
    machine: dict[str, Any]
    num_trials: int | None = None
    device: str | None = None
    preset: str | None = None

    @property
    def asked(self) -> tuple[Any, ...]:
        """Everything that tells this training from others."""
        return self.level, self.preset, self.changes, self.seed, self.num_trials, self.device


def main() -> None:
    """Train or read trainings, print the table and the figures."""
    settings = arguments.read(TimeToLevelConfig)
    device = resolve_device(settings.device)
    configure_device(device)
    names = settings.levels or list(LEVELS)
    if settings.runs:
        rows = [found_row(names[0], settings, device)]
    else:
        rows = trained_rows(names, settings, device)
    header = ["level", "of", "held by", "million steps", "minutes", "published steps"]
    print(f"\n{lay_out(header, [_cells(each) for each in rows])}\n")
    print(json.dumps({"seeds": rows[0]["seeds"], "levels": rows}))


def trained_rows(
    names: list[str], settings: TimeToLevelConfig, device: torch.device
) -> list[dict[str, Any]]:
    """Train what the file does not hold yet; a row for each level."""
    found = read(FILE) if FILE.is_file() else []
    for name in names:  # an error now, before hours of training
        checked(settings_of(LEVELS[name].preset, 0, device, settings.changes), device)
    rows = []
    for name in names:
        own = []
        for seed in range(settings.seeds):
            preset = LEVELS[name].preset
            asked = name, preset, settings.changes, seed, settings.num_trials, str(device)
            known = [each for each in found if each.asked == asked]
            if not known:
                say(f"{name}, seed {seed}")
                known = [train(name, seed, settings, device)]
                found += known
                FILE.parent.mkdir(exist_ok=True)
                write_text(FILE, json.dumps([asdict(each) for each in found]) + "\n")
            own += known[:1]
        rows.append(row(name, own))
    return rows


def read(file: Path) -> list[Seed]:
    """Trainings of earlier calls."""
    return parse(list[Seed], read_json(file), str(file))


def train(name: str, seed: int, settings: TimeToLevelConfig, device: torch.device) -> Seed:
    """Train one seed until it holds the level, or to the end."""
    config = settings_of(LEVELS[name].preset, seed, device, settings.changes)
    with closing(of_training(config, device)) as stages:
        found = _hold(name, stages, config, settings.num_trials, device)
    kept = {key: found.figures[key] for key in FIGURES if key in found.figures}
    return Seed(
        name, settings.changes, seed, found.steps, found.seconds, found.trained, kept,
        origin(device), settings.num_trials, str(device), LEVELS[name].preset,
    )  # fmt: skip


def found_row(name: str, settings: TimeToLevelConfig, device: torch.device) -> dict[str, Any]:
    """Find when trainings of rl2-train held a level; the row has each of them too.

    Raises:
        UserError: One kept no agents on its way, or they cannot act on the level's tasks.
    """
    for run in settings.runs:
        require_run(Path(run))
    config = settings_of(LEVELS[name].preset, 0, device, [])
    found = []
    for run in settings.runs:
        say(f"{name}, {run}")
        try:
            found.append(_hold(name, of_run(Path(run)), config, settings.num_trials, device))
        except UserError as error:
            raise UserError(f"{run}: {error}") from error
    each = [
        {"run": run, "steps": one.steps, "seconds": one.seconds, "trained": one.trained}
        for run, one in zip(settings.runs, found, strict=True)
    ]
    return row(name, found) | {"runs": each}


def _hold(
    name: str, stages: Iterable[Stage], config: TrainConfig, num_trials: int, device: torch.device
) -> Held:
    suite = config.suite.with_split("validation", num_trials)

    def measure(stage: Stage) -> Figures:
        trials = run_trials(
            stage.agent, suite, num_trials, seeding.TASKS, config.engine, 32, device
        )
        figures = figures_of(trials)
        print(_progress(stage, figures), file=sys.stderr)
        return figures

    return hold(LEVELS[name], stages, measure)


def settings_of(preset: str, seed: int, device: torch.device, changes: list[str]) -> TrainConfig:
    """Settings of a training that writes nothing."""
    own = f"experiment={preset}", f"seed={seed}", f"device={device}"
    config = read_settings("train", TrainConfig, [*own, *changes], "changes")
    config.run_dir = ""
    return config


def row(name: str, seeds: Sequence[Seed | Held]) -> dict[str, Any]:
    """Medians over seeds; None if half of them or more never held the level."""
    level = LEVELS[name]
    return {
        "level": name,
        "text": level.text,
        "seeds": len(seeds),
        "held": sum(each.steps is not None for each in seeds),
        "steps": _median([each.steps for each in seeds]),
        "minutes": _median([each.seconds and each.seconds / 60 for each in seeds]),
        "published": level.published,
    }


def _median(values: list[Any]) -> float | None:
    """The median, where never is more than any number."""
    middle = median(float("inf") if each is None else each for each in values)
    return None if middle == float("inf") else middle


def _cells(found: dict[str, Any]) -> list[str]:
    steps, minutes = found["steps"], found["minutes"]
    return [
        found["level"],
        found["text"],
        f"{found['held']} of {found['seeds']} seeds",
        "not held" if steps is None else f"{steps / 1e6:.2f}",
        "not held" if minutes is None else f"{minutes:.1f}",
        found["published"],
    ]


def _progress(stage: Stage, figures: Figures) -> str:
    known = {key: figures[key] for key in ("success", "length_all", "by_regret") if key in figures}
    return f"{stage.steps:,} steps, {stage.seconds:.0f} s: {known}"
