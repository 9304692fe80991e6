"""Main program: what each preset would cost, from a few measured iterations.

    rl2 bench costs                      # every preset; minutes
    rl2 bench costs mdp_n10 walk_small

Writes results/costs.json, with the length of every preset, which the page of results shows as
estimates, beside the trainings that were run whole. On one thread, in CPU seconds, so that other
work on the machine counts little; with as many of the preset's copies as make a rollout of moderate
size.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench costs")

import json
import sys
import time
from pathlib import Path

import torch
from omegaconf import OmegaConf

from rl2_mazes.agents import train
from rl2_mazes.agents.learners.registry import make_learner
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core import cli
from rl2_mazes.core.files import write_text
from rl2_mazes.core.provenance import origin
from rl2_mazes.core.trial import Trial

FILE = Path("results/costs.json")
MOST_STEPS = 20_000  # of a rollout, if that leaves a copy to each minibatch
SECONDS = 3.0  # at least, after the first iteration


def main() -> None:
    """Measures the presets named on the command line, or all of them."""
    known = sorted(path.stem for path in (cli.CONF / "experiment").glob("*.yaml"))
    names = sys.argv[1:] or known
    if unknown := sorted(set(names) - set(known)):
        print(f"error: {unknown[0]} is no preset; they are {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    before = json.loads(FILE.read_text()) if FILE.is_file() else {}
    costs = {
        name: {**before.get(name, {}), "total_steps": compose(name).total_steps} for name in known
    }
    for name in names:
        costs[name] = measure(compose(name))
        print(name, json.dumps(costs[name]), flush=True)
        FILE.parent.mkdir(exist_ok=True)
        write_text(FILE, json.dumps(dict(sorted(costs.items())), indent=1) + "\n")


def compose(name: str) -> TrainConfig:
    """The settings of a preset."""
    return OmegaConf.to_object(train.compose(f"experiment={name}"))  # type: ignore[return-value]


def measure(settings: TrainConfig) -> dict:
    """Trains for a few iterations.

    Returns:
        total_steps: of the preset
        steps_per_cpu_second: rollouts and updates together, after the first iteration
        copies: that were measured with
        iterations: that were measured
        commit, hardware, torch: where
    """
    torch.set_num_threads(1)
    parts, num_steps = settings.learner.num_minibatches, settings.num_steps
    assert num_steps is not None, "a preset says how long its rollouts are"
    copies = min(settings.num_envs, max(MOST_STEPS // num_steps // parts, 1) * parts)
    device = torch.device("cpu")
    env, sampler = settings.suite.build(copies, device, settings.engine, settings.seed)
    trial = Trial(env, sampler, settings.suite.episodes_per_trial)
    agent = RL2Agent(env.spaces, settings.agent)
    learner = make_learner(agent, settings.learner, settings.seed)
    training = Trainer(agent, learner, trial, num_steps, settings.seed)
    training.iterate()  # compiles, and touches the memory
    steps, began, iterations = training.steps, time.process_time(), 0
    while (seconds := time.process_time() - began) < SECONDS or iterations == 0:
        training.iterate()
        iterations += 1
    env.close()
    return {
        "total_steps": settings.total_steps,
        "steps_per_cpu_second": round((training.steps - steps) / seconds),
        "copies": copies,
        "iterations": iterations,
        **origin(device),
    }
