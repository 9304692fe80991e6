"""Probe an agent's memory: read the pose, the target and the walls of the maze from its carry.

    rl2 probe agent=pretrained/walk_small
    rl2 probe agent=my_agents:make_agent suite=mazes/grid_small num_trials=400

Half of the trials train the probes, the others are scored. The memory is compared with that of the
same agent reset at every episode, with an untrained network, and with the frame alone. Writes
probe.json and a page, probe.html. Ends with one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("probe")

import json
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from omegaconf import MISSING

from ..core import cli
from ..core.errors import UserError
from ..core.storage.files import write_text
from ..core.storage.provenance import commit
from ..core.storage.run_folder import locked
from ..core.validation import count, seed
from ..mazes.suite import MazeSuite
from .probes.features import Recorded, record_features, require_array
from .probes.fitting import fit_linear, fit_mlp
from .probes.labels import Labels, labels_of
from .probes.maps import DecodedTrial, decoded_trials
from .probes.page import render
from .probes.scores import Spans, scores
from .trials.output_folders import ASKED, evaluation_folder
from .trials.setup import choose_suite, load_subject

HELD_OUT, VALIDATION = 0.5, 0.1  # shares of the trials
PROBES = ("linear", "mlp")


@dataclass
class ProbeConfig:
    """Keys of rl2 probe.

    Attributes:
        agent_path: Agent to probe: a run's folder, a checkpoint's folder, a .safetensors file, or
            pretrained/NAME; or an agent from outside, package.module:Name, whose carry is an array.
        suite: Suite of mazes; if not given, the suite of the agent's training.
        engine: Simulator of the mazes.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Number of trials; half of them are held out from the probes' training.
        episodes_per_trial: If given, instead of the suite's.
        num_envs: Most environments at a time.
        seed: Seed of actions, of the untrained network and of the probes.
        greedy: Take the most likely action at each step.
        output_dir: Folder of the results; if not given, evaluation/ in the run's folder, or a
            folder below that named after the other choices (see `eval.trials.output_folders`).
    """

    FOLDER_OF: ClassVar = ("agent_path", *ASKED)

    agent_path: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = count(1000, least=20)
    episodes_per_trial: int | None = count(None, most=10_000)
    num_envs: int = count(32)
    seed: int = seed(0)
    greedy: bool = False
    output_dir: str | None = None


def main() -> None:
    """Entry point of `rl2 probe`."""
    cli.run("probe", ProbeConfig, run)


def run(settings: ProbeConfig) -> None:
    """Record, fit, score, write."""
    began = time.monotonic()
    subject = load_subject(settings.agent_path, settings.greedy)
    num_trials, episodes = settings.num_trials, settings.episodes_per_trial
    suite = choose_suite(subject, settings.suite, settings.split, num_trials, episodes)
    if not isinstance(suite, MazeSuite):
        raise UserError(f"probes read mazes from a memory; the suite is {suite.kind}")
    agent = subject.agent_for(suite)
    require_array(agent)
    usual = evaluation_folder(subject.run_folder(suite), one_suite=subject.card is None)
    folder = Path(settings.output_dir or usual)
    with locked(folder, "output_dir"):
        recorded = record_features(
            agent,
            suite,
            num_trials,
            settings.seed,
            settings.engine,
            settings.num_envs,
            progress=True,
        )
        found, trials = probe(recorded, settings.seed)
        results = {
            "agent": settings.agent_path,
            **subject.record(suite),
            "suite": asdict(suite),
            "suite_name": suite.name,
            "split": suite.split,
            "engine": settings.engine.title,
            "seed": settings.seed,
            "greedy": settings.greedy,
            "commit": commit(),
            **found,
            "seconds": round(time.monotonic() - began, 1),
        }
        command = shlex.join(["rl2", "probe", *sys.argv[1:]])
        write_text(folder / "probe.json", json.dumps(results, indent=1) + "\n")
        write_text(folder / "probe.html", render(results, trials, command))
    print(f"figures  {folder / 'probe.json'}\npage     {folder / 'probe.html'}\n")
    print(json.dumps(last_line(results)))


def probe(recorded: Recorded, seed: int) -> tuple[dict[str, Any], list[DecodedTrial]]:
    """Fit and score all probes on all features.

    Args:
        recorded: N trials with features of their S steps.
        seed: Seed of the MLPs and of the bootstrap.

    Returns:
        `trials`, their numbers; `episodes`, K; `features`, numbers per step by name; `spans`, of
        steps; `scores`, a list of `eval.probes.scores.scores` with `features` and `probe`. And the
        maps of some held-out trials, as the MLP reads them.
    """
    log, spans = recorded.log, Spans(recorded.log)
    labels = labels_of(log, recorded.mazes)
    num_trials = spans.num_trials
    held_out = np.arange(num_trials) >= round(num_trials * (1 - HELD_OUT))
    validation = ~held_out & (np.arange(num_trials) >= num_trials * (1 - HELD_OUT - VALIDATION))
    train = ~held_out & ~validation
    parts = {"train": train, "validation": validation, "held_out": held_out}
    means = spans.means(labels.values, (train | validation)[spans.trial])
    rng = np.random.default_rng(seed)
    rows, decoded = [], {}
    for name, x in recorded.features.items():
        given = np.concatenate((x, spans.time), 1)
        for kind, y in predictions(given, labels, train, validation, spans, seed).items():
            decoded[name] = y
            rows += [
                {"features": name, "probe": kind, **score}
                for score in scores(spans, labels, y, means, held_out, rng)
            ]
    figures = {
        "trials": {name: int(part.sum()) for name, part in parts.items()},
        "episodes": spans.episodes,
        "features": {name: x.shape[1] for name, x in recorded.features.items()},
        "spans": spans.titles,
        "scores": rows,
    }
    return figures, decoded_trials(log, labels, decoded, held_out)


def predictions(
    x: np.ndarray,
    labels: Labels,
    train: np.ndarray,
    validation: np.ndarray,
    spans: Spans,
    seed: int,
) -> Mapping[str, np.ndarray]:
    """Predictions [S, D] of both probes from features [S, F]; the MLP's last."""
    parts = train[spans.trial], validation[spans.trial]
    return {
        "linear": fit_linear(x, labels.values, *parts, labels.columns),
        "mlp": fit_mlp(x, labels.values, *parts, labels.columns, seed),
    }


def last_line(results: dict[str, Any]) -> dict[str, Any]:
    """Variance that the MLP explains at the first step of the last episode, by features."""
    wanted = {"probe": "mlp", "episode": results["episodes"]}
    line: dict[str, Any] = {"episode": results["episodes"], **results["trials"]}
    for label in ("target", "distance", "walls"):
        line[label] = {
            each["features"]: number and round(number, 3)
            for each in results["scores"]
            if each["label"] == label and wanted.items() <= each.items()
            for number in [each["explained_at_first_step"]]
        }
    return line
