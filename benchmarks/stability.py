"""How sure a training is to work: variants of a recipe, several seeds each, side by side.

    python -m benchmarks.stability task=bandit_k5_n10 seeds=3 total_steps=2_000_000
    python -m benchmarks.stability task=demo seeds=2 variants=[default,linear_lr]

Each variant changes the experiment preset `task` in one place. Runs lie in runs/stability and go
on where they were cut off; what is done is not run again. Prints a table: the mean over seeds of
each figure at the end of training (the last tenth of the iterations), the worst seed's, and the
steps by which every seed had reached the threshold. Ends with one line of JSON.
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

from omegaconf import OmegaConf

from rl2_mazes.core.run_folder import read_metrics

RUNS = Path("runs/stability")
SMOOTH = 10  # iterations averaged before a threshold counts as reached


@dataclass
class Task:
    """A recipe, what counts in it, and how it is varied."""

    figure: str  # of metrics.jsonl
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
            "the authors' update": ["learner=paper"],
            "the authors' agent": ["agent=paper"],
            "the authors' update and agent": ["learner=paper", "agent=paper"],
        },
    ),
    "mdp_n10": Task(
        figure="trial_return",
        threshold=110,
        higher_is_better=True,
        variants={
            "default": [],
            "fed back unbound": ["agent.pair_inputs=false"],
            "the same heads in every state": ["agent.per_state_heads=false"],
            "memory not normalised": ["agent.memory_layer_norm=false"],
            "a memory that forgets": ["agent.update_gate_bias=1"],
            "a critic that is told nothing": ["agent.privileged_critic=false"],
            "GRU 256": ["agent.hidden_size=256"],
            "learning rate 1e-3": ["learner.lr=1e-3"],
            "gae_lambda .3": ["learner.gae_lambda=0.3"],
            "values not normalised": ["learner.normalise_values=false"],
            "the agent for mazes": ["agent=rl2"],
            "the authors' agent": ["agent=paper"],
            "the authors' update and agent": ["learner=paper", "agent=paper"],
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
    """Keys of the command line; the module's docstring says what they mean."""

    task: str = "bandit_k5_n10"
    seeds: int = 3
    total_steps: int | None = None
    variants: list[str] = field(default_factory=list)


def main() -> None:
    """Entry point."""
    keys = OmegaConf.merge(OmegaConf.structured(StabilityConfig), OmegaConf.from_cli())
    settings: StabilityConfig = OmegaConf.to_object(keys)  # type: ignore[assignment]
    task = TASKS.get(settings.task)
    if task is None:
        sys.exit(f"error: task is {settings.task}; it must be one of {', '.join(TASKS)}")
    unknown = set(settings.variants) - set(task.variants)
    if unknown:
        sys.exit(f"error: variants {sorted(unknown)} are none of {', '.join(task.variants)}")
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
    """Runs one training, or what is left of it; returns its folder."""
    name = variant.replace(" ", "_").replace("'", "")
    folder = RUNS / settings.task / name / f"seed_{seed}"
    print(f"{variant}, seed {seed}", file=sys.stderr)
    command = [sys.executable, "-m", "rl2_mazes.agents.train"]
    subprocess.run([*command, *arguments(settings, task, variant, seed, folder)], check=True)
    return folder


def arguments(
    settings: StabilityConfig, task: Task, variant: str, seed: int, folder: Path
) -> list[str]:
    """Of the training program."""
    steps = [] if settings.total_steps is None else [f"total_steps={settings.total_steps}"]
    own = [f"seed={seed}", f"run_dir={folder}", "tensorboard=false"]
    return [f"experiment={settings.task}", *task.variants[variant], *steps, *own]


def row(task: Task, variant: str, runs: list[list[dict]]) -> dict:
    """The figures of a variant from the metrics of its seeds."""
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
    """The steps after which the mean of `SMOOTH` iterations first reached the threshold."""
    sign = 1 if task.higher_is_better else -1
    for end in range(SMOOTH, len(curve) + 1):
        if sign * mean(y for _, y in curve[end - SMOOTH : end]) >= sign * task.threshold:
            return curve[end - 1][0]
    return None


def _line(figures: dict) -> str:
    reached = "never" if figures["reached"] is None else f"{figures['reached'] / 1e6:.2f} M steps"
    return f"| {figures['variant']} | {figures['mean']:.3f} | {figures['worst']:.3f} | {reached} |"
