"""Training cost of each preset, estimated from a few measured iterations.

    rl2 bench costs                              # every preset; minutes
    rl2 bench costs presets=[mdp_n10,walk_small]

Writes results/costs.json, which also holds the length of every preset. RESULTS.md shows the
estimates beside the measured costs of complete trainings. Measures CPU seconds of one thread, so
that other processes on the machine matter little, with as many of the preset's environments as make
a rollout of moderate size.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench costs")

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from omegaconf import OmegaConf

from rl2_mazes.agents import train
from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.agents.training.setup import build_trial
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.core import cli
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.files import write_text
from rl2_mazes.core.storage.provenance import origin
from rl2_mazes.core.tabular.mixed_suite import MixedSuite

FILE = Path("results/costs.json")
MAX_STEPS = 20_000  # of a rollout, if each minibatch then has an environment
MIN_SECONDS = 3.0  # of CPU time, after the first iteration


@dataclass
class CostsConfig:
    """Keys of `rl2 bench costs`.

    Attributes:
        presets: Names of conf/experiment; all if empty.
    """

    presets: list[str] = field(default_factory=list)

    def __post_init__(self):
        if unknown := sorted(set(self.presets) - set(known_presets())):
            raise UserError(f"{unknown[0]} is no preset; they are {', '.join(known_presets())}")


def main() -> None:
    """Measure the presets and update the file after each."""
    known = known_presets()
    names = arguments.read(CostsConfig).presets or known
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    costs = {
        name: {**before.get(name, {}), "total_steps": compose(name).total_steps} for name in known
    }
    for name in names:
        costs[name] = measure(compose(name))
        print(name, json.dumps(costs[name]), flush=True)
        FILE.parent.mkdir(exist_ok=True)
        write_text(FILE, json.dumps(dict(sorted(costs.items())), indent=1) + "\n")


def known_presets() -> list[str]:
    """Names of all experiment presets."""
    return sorted(path.stem for path in (cli.CONF / "experiment").glob("*.yaml"))


def compose(name: str) -> TrainConfig:
    """Settings of a preset."""
    return OmegaConf.to_object(train.compose(f"experiment={name}"))  # type: ignore[return-value]


def measure(settings: TrainConfig) -> dict:
    """Train for a few iterations.

    Returns:
        total_steps: Steps of the preset.
        steps_per_cpu_second: Rate of rollouts and updates together, after the first iteration.
        num_envs: Environments in the measurement.
        iterations: Iterations measured.
        commit, hardware, torch: Code and machine of the measurement.
    """
    torch.set_num_threads(1)
    device, num_envs = torch.device("cpu"), settings.num_envs
    if isinstance(settings.suite, MixedSuite):
        training = train.mixed_trainer(settings, device)
        trials = [each.trial for each in training.rows.values()]
    else:
        parts, num_steps = settings.learner.num_minibatches, settings.num_steps
        assert num_steps is not None, "every preset of one suite sets num_steps"
        num_envs = min(num_envs, max(MAX_STEPS // num_steps // parts, 1) * parts)
        trial = build_trial(settings.suite, settings.engine, num_envs, device, settings.seed)
        training, trials = train.single_trainer(settings, trial, num_steps, device), [trial]
    training.iterate()  # compiles kernels and allocates memory
    steps, began, iterations = training.steps, time.process_time(), 0
    while (seconds := time.process_time() - began) < MIN_SECONDS or iterations == 0:
        training.iterate()
        iterations += 1
    for trial in trials:
        trial.env.close()
    return {
        "total_steps": settings.total_steps,
        "steps_per_cpu_second": round((training.steps - steps) / seconds),
        "num_envs": num_envs,
        "iterations": iterations,
        **origin(device),
    }
