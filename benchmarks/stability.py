"""Reliability of training: variants of a preset, several seeds each, in one table.

    rl2 bench stability task=bandit_k5_n10 seeds=3 total_steps=2_000_000
    rl2 bench stability task=demo seeds=2 'variants=[default,constant learning rate]'

Each variant changes the experiment preset `task` in one place. Runs lie in runs/stability; a second
call resumes interrupted runs and skips complete ones. Prints the mean over seeds of the figure at
the end of training (the last tenth of the iterations), the worst seed's, and the steps by which
every seed had reached the threshold. The last line is one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench stability")

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.run_folder import read_metrics
from rl2_mazes.core.validation import count

RUNS = Path("runs/stability")
SMOOTH = 10  # iterations whose mean must reach the threshold


@dataclass
class Task:
    """A preset, its figure of merit and its variants.

    Attributes:
        figure: Key of metrics.jsonl.
        threshold: Value that counts as learned.
        higher_is_better: Direction of the figure.
        variants: Arguments of rl2-train, by name.
    """

    figure: str
    threshold: float
    higher_is_better: bool
    variants: dict[str, list[str]]


TASKS = {
    "bandit_k5_n10": Task(
        figure="trial_return",
        threshold=6.5,
        higher_is_better=True,
        variants={
            "default": [],
            "values not normalised": ["learner.normalise_values=false"],
            "no entropy bonus": ["learner.ent_coef=0"],
            "entropy bonus .05": ["learner.ent_coef=0.05"],
            "learning rate 3e-4": ["learner.lr=3e-4"],
            "learning rate 1e-3": ["learner.lr=1e-3"],
            "constant learning rate": ["learner.anneal_lr=false"],
            "gae_lambda .95": ["learner.gae_lambda=0.95"],
            "stop an update at KL .01": ["learner.target_kl=0.01"],
            "no skip connection": ["agent.skip_connection=false"],
            "TRPO": ["learner=trpo", "learner.gae_lambda=0.3"],
            "learner of duan2016": ["learner=duan2016"],
            "agent of duan2016": ["agent=duan2016"],
            "learner and agent of duan2016": ["learner=duan2016", "agent=duan2016"],
        },
    ),
    "mdp_n10": Task(
        figure="trial_return",
        threshold=105,
        higher_is_better=True,
        variants={
            "default": [],
            "update gate bias 4": ["agent.memory.update_gate_bias=4"],
            "privileged critic": ["agent.privileged_critic=true"],
            "GRU 256": ["agent.memory.hidden_size=256"],
            "learning rate 1e-3": ["learner.lr=1e-3"],
            "gae_lambda .3": ["learner.gae_lambda=0.3"],
            "values not normalised": ["learner.normalise_values=false"],
            "agent of duan2016": ["agent=duan2016"],
            "learner and agent of duan2016": ["learner=duan2016", "agent=duan2016"],
        },
    ),
    "demo": Task(
        figure="length_2",
        threshold=11.0,
        higher_is_better=False,
        variants={
            "default": [],
            "constant learning rate": ["learner.anneal_lr=false"],
            "learning rate 7e-4": ["learner.lr=7e-4"],
            "values not normalised": ["learner.normalise_values=false"],
            "stop an update at KL .02": ["learner.target_kl=0.02"],
        },
    ),
}


@dataclass
class StabilityConfig:
    """Keys of `rl2 bench stability`.

    Attributes:
        task: Preset to vary.
        seeds: Training seeds per variant.
        total_steps: Agent steps of a training; the preset's by default.
        variants: Names of variants; all if empty.
    """

    task: str = "bandit_k5_n10"
    seeds: int = count(3)
    total_steps: int | None = count(None)
    variants: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.task not in TASKS:
            raise UserError(f"task is {self.task}; it must be one of {', '.join(TASKS)}")
        if unknown := set(self.variants) - set(TASKS[self.task].variants):
            known = ", ".join(TASKS[self.task].variants)
            raise UserError(f"variants names {min(unknown)}; it must name some of {known}")


def main() -> None:
    """Train, print the table, print the figures."""
    settings = arguments.read(StabilityConfig)
    task = TASKS[settings.task]
    chosen = settings.variants or list(task.variants)
    rows = []
    for variant in chosen:
        folders = [train(settings, task, variant, seed) for seed in range(settings.seeds)]
        rows.append(row(task, variant, [read_metrics(f / "metrics.jsonl") for f in folders]))
        print(_line(rows[-1]), file=sys.stderr)
    print(f"\n{settings.task}, {task.figure} over {settings.seeds} training seeds\n")
    print(f"| variant | mean | worst seed | all seeds at {task.threshold} after |")
    print("|---|---|---|---|")
    print("\n".join(map(_line, rows)))
    print(json.dumps({"task": settings.task, "seeds": settings.seeds, "rows": rows}))


def train(settings: StabilityConfig, task: Task, variant: str, seed: int) -> Path:
    """Run or resume one training; return its folder."""
    name = variant.replace(" ", "_").replace("'", "")
    folder = RUNS / settings.task / name / f"seed_{seed}"
    print(f"{variant}, seed {seed}", file=sys.stderr)
    command = [sys.executable, "-m", "rl2_mazes.agents.train"]
    subprocess.run([*command, *overrides(settings, task, variant, seed, folder)], check=True)
    return folder


def overrides(
    settings: StabilityConfig, task: Task, variant: str, seed: int, folder: Path
) -> list[str]:
    """Arguments of rl2-train."""
    steps = [] if settings.total_steps is None else [f"total_steps={settings.total_steps}"]
    own = [f"seed={seed}", f"run_dir={folder}", "tensorboard=false"]
    return [f"experiment={settings.task}", *task.variants[variant], *steps, *own]


def row(task: Task, variant: str, runs: list[list[dict]]) -> dict:
    """Figures of a variant from the metrics of its seeds."""
    curves = [[(m["steps"], m[task.figure]) for m in run if task.figure in m] for run in runs]
    ends = [mean(y for _, y in curve[-max(len(curve) // 10, 1) :]) for curve in curves]
    reached = [_first_at(curve, task) for curve in curves]
    return {
        "variant": variant,
        "mean": mean(ends),
        "worst": min(ends) if task.higher_is_better else max(ends),
        "reached": None if None in reached else max(r for r in reached if r is not None),
    }


def _first_at(curve: list[tuple[int, float]], task: Task) -> int | None:
    """Steps at which the mean of `SMOOTH` iterations first reaches the threshold, or None."""
    sign = 1 if task.higher_is_better else -1
    for end in range(SMOOTH, len(curve) + 1):
        if sign * mean(y for _, y in curve[end - SMOOTH : end]) >= sign * task.threshold:
            return curve[end - 1][0]
    return None


def _line(figures: dict) -> str:
    reached = "never" if figures["reached"] is None else f"{figures['reached'] / 1e6:.2f} M steps"
    return f"| {figures['variant']} | {figures['mean']:.3f} | {figures['worst']:.3f} | {reached} |"
