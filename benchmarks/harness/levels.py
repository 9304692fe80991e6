"""Levels of play, and when the agents along a training hold one on validation tasks."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.agents.training.history import HISTORY, kept
from rl2_mazes.benchmarks.harness.trainings import training
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.schema import parse, read_yaml
from rl2_mazes.eval.adapters.loading import load_trained

CHECKS = 20  # measurements in a training
HELD = 2  # measurements in a row that must reach the level
Figures = dict[str, Any]


@dataclass(frozen=True)
class Level:
    """A level, and the preset that is trained to it.

    Attributes:
        preset: Of conf/experiment.
        text: The level in words.
        reached: Whether an agent with these figures is there.
        published: Steps of others to that level, in words.
    """

    preset: str
    text: str
    reached: Callable[[Figures], bool]
    published: str


def _return(least: float) -> Callable[[Figures], bool]:
    """Whether the total reward of a trial is at least this, by regret where that is known."""
    return lambda found: (found["by_regret"] or found["mean"]) >= least


def _lengths(first: float, second: float) -> Callable[[Figures], bool]:
    """Whether both episodes are as short, failures included as the horizon."""
    return lambda found: found["length_all"][0] <= first and found["length_all"][1] <= second


def _demo(found: Figures) -> bool:
    return min(found["success"]) >= 0.99 and (found["length_ratio"] or 1) <= 0.8


LEVELS = {
    "demo": Level("demo", "99 % success, length ratio .80", _demo, "none"),
    "walk_small": Level(
        "walk_small_paths",
        "52.4 and 39.1 steps of episodes 1 and 2",
        _lengths(52.4, 39.1),
        "RL² 2016: 95 to 171 M",
    ),
    "mdp_n10": Level("quick_mdp_n10", "156.2 a trial", _return(156.2), "RL² 2016: 500 M"),
    "bandit_k50_n500": Level(
        "bandit_k50_n500_exchangeable", "438.9 a trial", _return(438.9), "RL² 2016: 165 M"
    ),
}


@dataclass(frozen=True)
class Stage:
    """An agent along a training.

    Attributes:
        agent: The agent.
        steps, seconds: Of training until then.
        last: Whether the training ended there.
    """

    agent: Any
    steps: int
    seconds: float
    last: bool


@dataclass(frozen=True)
class Held:
    """When a level was held.

    Attributes:
        steps, seconds: Until then; None if it never was.
        trained: Steps of the last stage that was measured.
        figures: Of that stage.
    """

    steps: int | None
    seconds: float | None
    trained: int
    figures: Figures


def hold(level: Level, stages: Iterable[Stage], measure: Callable[[Stage], Figures]) -> Held:
    """Measure stage after stage until the level is held.

    It is held where `HELD` stages in a row reach it, and the first of them counts. At the end of a
    training fewer are enough, as no more can follow.

    Args:
        level: The level.
        stages: At least one, in the order of learning. Those after the level are not asked for.
        measure: From an agent to its figures on the level's tasks.
    """
    in_a_row: list[Stage] = []
    for stage in stages:
        figures = measure(stage)
        in_a_row = [*in_a_row, stage] if level.reached(figures) else []
        enough = HELD if not stage.last else 1
        if len(in_a_row) >= enough:
            return Held(in_a_row[0].steps, in_a_row[0].seconds, stage.steps, figures)
    return Held(None, None, stage.steps, figures)


def of_training(config: TrainConfig, device: torch.device) -> Generator[Stage, None, None]:
    """Train, and stop `CHECKS` times at even distances."""
    seconds, checks = 0.0, 0
    with training(config, device) as trainer:
        while trainer.steps < config.total_steps:
            trainer.learner.progress = trainer.steps / config.total_steps  # presets anneal
            metrics = trainer.iterate()
            seconds += metrics["collect_seconds"] + metrics["learn_seconds"]
            if trainer.steps * CHECKS >= (checks + 1) * config.total_steps:
                checks += 1
                last = trainer.steps >= config.total_steps
                yield Stage(trainer.agent, trainer.steps, seconds, last)


def of_run(run: Path) -> Iterator[Stage]:
    """The agents that a training kept on its way, see `agents.training.history`, and its last.

    The untrained one is left out. Seconds are those of the wall, from the first rollout on.

    Args:
        run: Folder of the run.

    Raises:
        UserError: It is none, kept no agents on its way, or began with a trained agent.
    """
    total, folders = require_run(run), kept(run / HISTORY)
    reached = 0
    for folder in (*folders, run):  # the last agent may have passed no multiple of keep_every
        agent, card = load_trained(str(folder))
        if card.init_steps:
            raise UserError("it is a warm start; levels are of trainings from scratch")
        if card.steps > reached:
            reached = card.steps
            yield Stage(agent, card.steps, card.seconds, card.steps >= total)


def require_run(run: Path) -> int:
    """Raise a `UserError` unless a training kept agents on its way; return its total steps."""
    file = run / "config.yaml"
    if not file.is_file():
        raise UserError(f"runs names {run}, which is no folder of a training by rl2-train")
    config = parse(dict[str, Any], read_yaml(file), str(file))
    total = parse(int, config.get("total_steps"), f"{file}: total_steps")
    if not kept(run / HISTORY):
        raise UserError(
            f"runs names {run}, which has no agents in {HISTORY}/; train it with "
            f"rl2-train keep_every={max(1, total // CHECKS)}"
        )
    return total
