"""Compare trainings that differ in one setting, such as the runs of a sweep.

    rl2 compare 'agents=[runs/memories/*]' by=agent.memory
    rl2 compare 'agents=[runs/lr/*]' by=learner.lr engine=doom num_trials=500

Evaluates every run on the same tasks and groups them by the setting; seeds are the members of a
group. Writes one JSON file with figures, sizes, speeds and learning curves, which it also reads:
runs that it holds already are not evaluated again, and a comparison by other settings is not
overwritten. Ends with that file's name as one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("compare")

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from ..agents.publish import thin
from ..core import cli
from ..core.errors import UserError
from ..core.metrics import METRICS
from ..core.storage.provenance import read_origins
from ..core.storage.run_folder import read_metrics
from ..core.storage.schema import parse, read_yaml
from ..core.validation import count, seed
from .adapters.loading import is_outside
from .metrics.figures import figures_of
from .report import expand
from .reports.comparison_file import Comparison, Run, Training, read_comparison
from .reports.markdown.comparison_table import comparison_table
from .trials.setup import Subject, choose_suite, load_subject
from .trials.trials import run_trials

FIGURES = (
    "success",
    "length",
    "length_all",
    "length_ratio",
    "gap_closed",
    "mean",
    "se",
    "by_regret",
)
FAST = 0.9  # quantile of an iteration's speed: slower ones may have shared the machine
POINTS = 30  # of a learning curve


@dataclass
class CompareConfig:
    """Keys of rl2 compare.

    Attributes:
        agents: Folders of trainings, or one; a * or ? in a name stands for any characters.
        by: Setting that tells the groups apart, a key of the runs' config.yaml. Of a part of the
            network, such as agent.memory, its kind.
        suite: Suite to evaluate on; if not given, that of each run's training.
        engine: Simulator of the mazes: doom, or twin.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Trials of each run, each on its own task.
        num_envs: Most environments at a time.
        seed: Seed of the sampled actions.
        output: File of the comparison; if not given, runs/comparison.json.
    """

    agents: Any = MISSING
    by: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = count(1000, least=2)
    num_envs: int = count(32)
    seed: int = seed(0)
    output: str | None = None


def main() -> None:
    """Entry point of `rl2 compare`."""
    cli.run("compare", CompareConfig, run)


def run(settings: CompareConfig) -> None:
    """Evaluate the runs, write after each, print the table."""
    file = Path(settings.output or "runs/comparison.json")
    require_trainings(settings.agents)
    folders = expand(settings.agents)
    METRICS.all()  # a metric that cannot be registered costs no trials
    groups = {folder: group_of(folder, settings.by) for folder in folders}
    found = Comparison(
        settings.by, settings.engine.title, settings.split, settings.num_trials, settings.seed
    )
    known = read_comparison(file) if file.exists() else found
    if replace(known, runs=[]) != found:
        raise UserError(f"{file} holds a comparison by other settings; give another output=...")
    described = {folder: describe(folder, groups[folder], settings) for folder in folders}
    for folder, (_, _, training) in described.items():
        if note := unfinished(folder, training.steps):
            print(note, file=sys.stderr)
    runs = {
        folder: run
        for folder, (_, suite, training) in described.items()
        for run in known.runs
        if (run.training, run.suite) == (training, plain(suite))
    }
    for folder, (subject, suite, training) in described.items():
        if folder not in runs:
            runs[folder] = Run(training, plain(suite), measure(subject, suite, settings))
            found.runs = [runs[each] for each in folders if each in runs]
            found.write(file)  # with those known before: a stop loses none
    found.runs = [runs[each] for each in folders]
    found.write(file)
    print(f"\n{comparison_table(found.runs)}\n")
    line = {"comparison": str(file), "runs": len(found.runs), "groups": len({*groups.values()})}
    print(json.dumps(line))


def require_trainings(agents: Any) -> None:
    """Raise a `UserError` if one of the names is of an agent from outside."""
    names = agents if isinstance(agents, list) else [agents]
    for name in names:
        if isinstance(name, str) and is_outside(name):
            raise UserError(
                f"agents names {name}, an agent from outside; agents=... must name folders of "
                "trainings, with their config.yaml; rl2 report shows agents from outside"
            )


def plain(suite: Any) -> dict[str, Any]:
    """The suite's settings as JSON has them."""
    return json.loads(json.dumps(asdict(suite)))


def group_of(folder: Path, by: str) -> str:
    """The value of a setting in a run's config.yaml.

    Raises:
        UserError: There is no such file, or no such setting.
    """
    file = folder / "config.yaml"
    if not file.is_file():
        raise UserError(f"{file} does not exist; agents=... must name folders of trainings")
    value: Any = parse(dict[str, Any], read_yaml(file), str(file))
    for key in by.split("."):
        if not isinstance(value, dict) or key not in value:
            keys = f"; it has {', '.join(value)}" if isinstance(value, dict) else ""
            raise UserError(f"by is {by!r}, but {file} has no {key!r} there{keys}")
        value = value[key]
    if isinstance(value, dict):
        if "kind" not in value:
            raise UserError(f"by is {by!r}, a group of settings; name one of {', '.join(value)}")
        value = value["kind"]
    return str(value)


def unfinished(folder: Path, steps: int) -> str | None:
    """A line on a training that has not come to its end; None for others."""
    total = read_yaml(folder / "config.yaml").get("total_steps")
    if not isinstance(total, int) or steps >= total:
        return None
    return f"note: {folder} is at {steps:,} of its {total:,} steps; it is compared as it is"


def describe(folder: Path, group: str, settings: CompareConfig) -> tuple[Subject, Any, Training]:
    """A run's agent, the suite of its evaluation, and its training."""
    subject = load_subject(str(folder))
    suite = choose_suite(subject, settings.suite, settings.split, settings.num_trials)
    return subject, suite, training_of(folder, group, subject)


def training_of(folder: Path, group: str, subject: Subject) -> Training:
    """Size, speed and learning curve of a training."""
    assert subject.card is not None
    lines = read_metrics(folder / "metrics.jsonl")
    rates = sorted(line["steps_per_s"] for line in lines)
    network: Any = subject.made
    memory = getattr(network, "memory", None)
    return Training(
        group,
        seed=read_yaml(folder / "config.yaml")["seed"],
        steps=subject.card.all_steps,
        weights=num_weights(network),
        memory_weights=None if memory is None else num_weights(memory),
        steps_per_s=rates[int(FAST * (len(rates) - 1))],
        hardware="; ".join(dict.fromkeys(each["hardware"] for each in read_origins(folder))),
        curve=thin(lines, POINTS),
    )


def num_weights(module: Any) -> int:
    """Numbers in a module's weights."""
    return sum(each.numel() for each in module.parameters())


def measure(subject: Subject, suite: Any, settings: CompareConfig) -> dict[str, Any]:
    """The figures of a run on the suite that a comparison holds."""
    trials = run_trials(
        subject.agent_for(suite),
        suite,
        settings.num_trials,
        settings.seed,
        settings.engine,
        settings.num_envs,
        progress=True,
    )
    found = figures_of(trials)
    kept = [*FIGURES, *(f"{name}_{more}" for name in FIGURES for more in ("ci", "se"))]
    return {key: found[key] for key in kept if key in found}
