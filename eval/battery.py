"""Run the battery of controls, baselines and unseen conditions.

    rl2 battery agent=runs/demo/seed_0
    rl2 battery agent=runs/demo/seed_0 engine=doom num_trials=200
    rl2 battery agent=runs/demo/seed_0 only=[controls]

Runs the agent as it was trained; under controls, which remove one of its inputs; in mazes unlike
those of training; in the other simulator; and beside it scripted baselines
(`eval.controls.conditions` lists them all). Writes battery.md, battery.csv and battery.json beside
the run's evaluation, prints a table and ends with one line of JSON:

    length_ratio             steps of episode 2 over episode 1, of trials that succeed in both
    reset_length_ratio       the same with a memory that is reset at every episode
    shortening_lost_by_reset 1 - (1 - reset_length_ratio) / (1 - length_ratio): 1 if the shortening
                             is all due to the memory
    blind_success            share of episodes that reach the target with the camera covered
    shortest_length          mean steps of the shortest path
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("battery")

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from omegaconf import MISSING

from ..core import cli
from ..core.errors import UserError
from ..core.metrics import METRICS
from ..core.storage.run_folder import locked
from ..core.validation import count, seed
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeSet
from .controls.conditions import AS_TRAINED, GROUPS, Condition, conditions
from .controls.names import require_different_names
from .controls.running import other_engine, run_all
from .controls.wrappers import BLIND, RESET
from .metrics.lost_shortening import lost_shortening
from .reports.markdown.battery import battery_table, write_battery
from .trials.output_folders import ASKED, evaluation_folder
from .trials.runner import TrialLog
from .trials.setup import Subject, choose_suite, load_subject, require_success


@dataclass
class BatteryConfig:
    """Keys of rl2 battery.

    Attributes:
        agent_path: Agent to evaluate: a run's folder, a checkpoint's folder, a .safetensors file,
            or pretrained/NAME; or an agent from outside, package.module:Name.
        suite: Suite of an agent from outside; that of the training if not given.
        engine: Simulator of all conditions but one, which runs in the other simulator.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Trials per condition, each on its own maze.
        num_envs: Most environments at a time; 0 means 128 in the twin, 32 in the engine.
        seed: Seed of the sampled actions.
        only: Conditions to run, by their names or groups in the table; all if empty.
        output_dir: Folder of the results; if not given, evaluation/ in the run's folder, or a
            folder below that named after the other choices (see `eval.trials.output_folders`).
    """

    FOLDER_OF: ClassVar = ("agent_path", *ASKED, "only")

    agent_path: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = count(1000)
    num_envs: int = count(0, least=0)
    seed: int = seed(0)
    only: list[str] = field(default_factory=list)
    output_dir: str | None = None


def main() -> None:
    """Entry point of `rl2 battery`."""
    cli.run("battery", BatteryConfig, run)


def run(settings: BatteryConfig) -> None:
    """Run the conditions, write, print."""
    began = time.monotonic()
    METRICS.all()  # a metric that cannot be registered costs no trials
    subject = load_subject(settings.agent_path)
    suite = prepare_suite(settings, subject)
    mazes = MazeSet.draw(suite.tasks)
    agent = subject.agent_for(suite)
    outside = subject.card is None
    can_be_greedy = not outside or hasattr(agent.agent, "greedy")
    chosen = choose_conditions(settings, suite, mazes, not outside, can_be_greedy)
    usual = evaluation_folder(subject.run_folder(suite), outside, "twin", (*ASKED, "only"))
    folder = Path(settings.output_dir or usual)
    overlap = subject.overlap(mazes)
    with locked(folder, "output_dir"):
        logs, results = run_all(
            chosen,
            agent,
            settings.engine,
            settings.num_trials,
            settings.seed,
            settings.num_envs,
        )
        figures = headline(logs, results) | {
            "trials": settings.num_trials,
            "seed": settings.seed,
            "engine": settings.engine.title,
            **subject.record(suite),
            **({} if overlap is None else overlap.figures()),
            "seconds": round(time.monotonic() - began, 1),
        }
        files = write_battery(folder, figures, results, asdict(suite))
    print(f"\n{battery_table(results)}\n")
    print("\n".join(f"{name:8}  {path}" for name, path in files.items()))
    print(f"\n{json.dumps(figures)}")


def prepare_suite(settings: BatteryConfig, subject: Subject) -> MazeSuite:
    """The suite of the agent's training on other mazes, and checks of the settings."""
    if settings.suite is not None and subject.suite is not None:
        raise UserError(
            "suite is for agents from outside; the battery of a trained agent varies the suite of "
            "its training: leave suite=... out"
        )
    suite = settings.suite or subject.suite
    if suite is not None:
        require_success(suite, settings.agent_path)
    return choose_suite(subject, suite, settings.split, settings.num_trials)


def choose_conditions(
    settings: BatteryConfig,
    suite: MazeSuite,
    mazes: MazeSet,
    of_training: bool = True,
    can_be_greedy: bool = True,
) -> list[Condition]:
    """Choose the conditions to run: all, or those that `only` names by name or group.

    Args:
        settings: Of the program.
        suite: See `eval.controls.conditions.conditions`, as the arguments below.
        mazes: Of the suite.
        of_training: Whether the suite is that of the agent's training.
        can_be_greedy: Whether there are greedy actions.
    """
    other = other_engine(settings.engine).title
    every = list(conditions(suite, mazes, other, settings.seed, of_training, can_be_greedy))
    require_different_names(every)
    known = {name for each in every for name in (each.name, each.group)}
    if unknown := sorted(set(settings.only) - known):
        raise UserError(
            f"only names {unknown[0]!r}; it must name groups, {', '.join(GROUPS)}, or conditions, "
            + ", ".join(each.name for each in every)
        )
    only = set(settings.only) or known
    return [each for each in every if {each.name, each.group} & only]


def headline(logs: dict[str, TrialLog], results: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of the last line, see the module; None where undefined or not run."""
    found = {each["condition"]: each for each in results}
    lost = None, None
    if AS_TRAINED in logs and RESET in logs:
        lost = lost_shortening(logs[AS_TRAINED], logs[RESET], np.random.default_rng(0))
    blind = logs.get(BLIND)
    agent = found.get(AS_TRAINED, {})
    return {
        "length_ratio": agent.get("length_ratio"),
        "length_ratio_ci": agent.get("length_ratio_ci"),
        "reset_length_ratio": found.get(RESET, {}).get("length_ratio"),
        "reset_length_ratio_ci": found.get(RESET, {}).get("length_ratio_ci"),
        "shortening_lost_by_reset": lost[0],
        "shortening_lost_by_reset_ci": lost[1],
        "blind_success": None if blind is None else float(blind.success.mean()),
        "shortest_length": agent.get("shortest_length", [None])[0],
        "gap_closed": agent.get("gap_closed"),
    }
