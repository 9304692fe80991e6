"""Reads evaluated runs, as rl2-train, rl2-eval and rl2 battery leave them.

    RUN/config.yaml, RUN/metrics.jsonl                  what was trained, and how it went
    RUN/evaluation/results.json, trials.npz             what rl2-eval measured
    RUN/evaluation/battery.json                         the controls, if there are any

The run of an agent from outside has no config.yaml and no metrics.jsonl.

An evaluation that lies elsewhere (output_dir=...) can be given by its own folder; the run is then
looked for where its checkpoint was.
"""

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ....core.errors import UserError
from ....core.storage.figures import require_battery, require_figures, require_keys
from ....core.storage.run_folder import read_metrics
from ....core.storage.schema import SchemaError, parse, read_json, read_yaml
from ....mazes.maze import Maze
from ....mazes.rules import MazeRules
from ....mazes.suite import MazeSuite
from ....mazes.tasks import MazeSet, MazeTasks
from ...trials.log_file import load_log, targets_of
from ...trials.runner import TrialLog

FIGURES = ("success", "success_ci", "length", "length_ci", "length_all", "spl")
NEEDED = dict.fromkeys(FIGURES, list) | {  # in results.json, with their types
    "trials": int,
    "checkpoint": str | None,  # None, as the two below, of an agent from outside
    "engine": str,
    "seed": int,
    "suite": dict,
    "trained_on": Any,
    "train_steps": int | None,
    "train_seconds": float | None,
    "seconds": float,
}


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """A run and its evaluation.

    Attributes:
        folder: As it was given.
        name: Short and unlike the other runs'.
        results: results.json.
        suite: What it was evaluated on.
        log: Its trials.
        mazes: One a trial.
        shortest: [N, K] int64, steps of the shortest path.
        config: config.yaml; empty if it is gone.
        curve: The lines of metrics.jsonl; none if it is gone.
        battery: battery.json, if there is one.
    """

    folder: Path
    name: str
    results: dict[str, Any]
    suite: MazeSuite
    log: TrialLog
    mazes: tuple[Maze, ...]
    shortest: np.ndarray
    config: dict[str, Any]
    curve: list[dict[str, Any]]
    battery: dict[str, Any] | None

    @property
    def is_outside(self) -> bool:
        """Whether the agent is from outside, so that its training is not known."""
        return self.results["checkpoint"] is None


def read_runs(folders: list[Path]) -> list[EvaluatedRun]:
    """All runs, in the order given.

    Raises:
        UserError: A folder is none, holds no whole evaluation, is of another suite, or is given
            twice.
    """
    resolved = [folder.resolve() for folder in folders]
    for index, folder in enumerate(resolved):
        if folder in resolved[:index]:
            raise UserError(f"{folders[index]} is given twice; name each run once")
    return [
        read_run(folder, name) for folder, name in zip(folders, short_names(resolved), strict=True)
    ]


def _no_evaluation(folder: Path) -> str:
    """The error; it names an evaluation in another simulator or of another suite, if there is one.

    The report compares runs by their usual evaluation alone, unless another's folder is named.
    """
    others = sorted(each.parent for each in folder.glob("evaluation/*/results.json"))
    if others:
        return (
            f"{folder} has no evaluation in the engine on its own suite; to report another one, "
            f"name its folder: agents=[{others[0]}]"
        )
    return f"{folder} has no evaluation; evaluate it first with rl2-eval agent={folder}"


def read_run(folder: Path, name: str) -> EvaluatedRun:
    """One run."""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise UserError(
            f"{folder} {what}; give the folder of an evaluated run, such as runs/demo/seed_0"
        )
    config = _read_config(folder)
    _require_mazes(config.get("suite"), folder)
    evaluation = folder if (folder / "results.json").exists() else folder / "evaluation"
    if not (evaluation / "results.json").exists():
        raise UserError(_no_evaluation(folder))
    again = f"; evaluate it again with rl2-eval agent={folder}"
    if evaluation == folder:
        again = f"; evaluate it again with rl2-eval agent=... output_dir={folder}"
    results = _read_json(evaluation / "results.json", again)
    _require_mazes(results.get("suite"), folder)
    try:
        require_keys(NEEDED, results, str(evaluation / "results.json"))
        require_figures(results, str(evaluation / "results.json"))
        if results["checkpoint"] is None:
            require_outside_agent(results.get("outside_agent"), str(evaluation / "results.json"))
    except SchemaError as error:
        raise UserError(f"{error}{again}") from error
    suite = _read_suite(results["suite"], evaluation / "results.json", again)
    try:
        record = load_log(evaluation / "trials.npz")
    except ValueError as error:
        raise UserError(f"{error}{again}") from error
    log = record.log
    if log.length.shape != (results["trials"], len(results["length"])):
        raise UserError(
            f"{evaluation / 'trials.npz'} and results.json are of different evaluations{again}"
        )
    if evaluation == folder and not config and results["checkpoint"] is not None:
        folder_of_run = run_of(Path(results["checkpoint"]))
        config, curve = _read_config(folder_of_run), _read_curve(folder_of_run)
    else:
        curve = _read_curve(folder)
    mazes = draw_mazes(suite.tasks)
    played = tuple(mazes[task] for task in log.tasks.tolist())
    if (targets_of(played, log.length.shape[1]) != record.targets).any():
        raise UserError(f"{evaluation / 'trials.npz'} has other targets than its mazes{again}")
    battery = evaluation / "battery.json"
    return EvaluatedRun(
        folder=folder,
        name=name,
        results=results,
        suite=suite,
        log=log,
        mazes=played,
        shortest=record.shortest,
        config=config,
        curve=curve,
        battery=_read_battery(battery) if battery.exists() else None,
    )


def require_outside_agent(known: Any, where: str) -> None:
    """Raise a `SchemaError` unless it is what is known of an agent from outside."""
    keys = {"name": str, "class": str, "wraps": str | None, "versions": dict[str, str]}
    require_keys(keys, known, f"{where}: outside_agent")


def short_names(folders: list[Path]) -> list[str]:
    """As few of the last parts of each path as tell them apart, two at least."""
    folders = [path.parent if path.name == "evaluation" else path for path in folders]
    most = max(len(path.parts) for path in folders)
    for parts in range(2, most):
        names = ["/".join(path.parts[-parts:]) for path in folders]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in folders]


def run_of(weights: Path) -> Path:
    """The run's folder that a weights file lies in."""
    return weights.parent.parent.parent


def draw_mazes(tasks: MazeTasks) -> MazeSet:
    """The mazes of an evaluation; runs that were evaluated on the same ones share them."""
    return _draw(json.dumps({f.name: getattr(tasks, f.name) for f in fields(tasks)}))


@lru_cache(maxsize=4)
def _draw(settings: str) -> MazeSet:
    return MazeSet.draw(MazeTasks(**json.loads(settings)))


def _read_json(path: Path, remedy: str) -> dict[str, Any]:
    try:
        content = read_json(path)
    except UserError as error:
        raise UserError(f"{path} is damaged or half-written{remedy}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged or half-written{remedy}")
    return content


def _read_battery(path: Path) -> dict[str, Any]:
    remedy = "; run the battery again"
    content = _read_json(path, remedy)
    try:
        require_battery(content, str(path))
    except SchemaError as error:
        raise UserError(f"{error}{remedy}") from error
    return content


def _read_config(folder: Path) -> dict[str, Any]:
    file = folder / "config.yaml"
    if not file.is_file():
        return {}
    try:
        config = parse(dict[str, Any], read_yaml(file), str(file))
        for group in ("suite", "agent", "learner"):
            parse(dict[str, Any], config.get(group, {}), f"{file}: {group}")
    except UserError as error:
        raise UserError(f"{file} is damaged; restore it, or delete it to go without") from error
    return config


def _read_curve(folder: Path) -> list[dict[str, Any]]:
    file = folder / "metrics.jsonl"
    return read_metrics(file) if file.is_file() else []


def _read_suite(settings: dict[str, Any], path: Path, remedy: str) -> MazeSuite:
    try:
        return MazeSuite(
            tasks=MazeTasks(**settings["tasks"]),
            rules=MazeRules(**settings["rules"]),
            episodes_per_trial=settings["episodes_per_trial"],
        )
    except (KeyError, TypeError) as error:
        raise UserError(f"{path} describes no suite of mazes{remedy}") from error


def is_of_mazes(results: Path) -> bool:
    """Whether a results.json is of mazes; a damaged one may be, and is named where it is read."""
    try:
        found = read_json(results)
    except ValueError:
        return True
    return _kind_of(found.get("suite") if isinstance(found, dict) else None) == "mazes"


def _kind_of(suite: Any) -> str:
    return suite.get("kind", "mazes") if isinstance(suite, dict) else "mazes"


def _require_mazes(suite: Any, folder: Path) -> None:
    """An error if the run plays something else."""
    kind = _kind_of(suite)
    if kind != "mazes":
        raise UserError(
            f"{folder} plays {kind}, and this report is of mazes; measure it with "
            f"rl2-eval agent={folder}"
        )
