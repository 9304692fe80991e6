"""Trainings to be measured, as rl2-train would run them, and clocks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from omegaconf import OmegaConf

from rl2_mazes.agents.learners.registry import make_learner
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.train import TrainConfig, check, compose
from rl2_mazes.agents.training.checkpoint import begin_from
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core.trial import Trial

RECIPES = {
    "demo": ["experiment=demo"],
    "demo_learnt": ["experiment=demo", "init_from=pretrained/demo/seed_0"],
    "walk": ["suite=mazes/walk_small", "agent=paper_mazes", "learner=ppo"],
    "bandit": ["experiment=bandit_k5_n10"],
    "mdp": ["experiment=mdp_n10"],
}
CUDA_COPIES = {"demo": 4096, "demo_learnt": 4096, "walk": 4096, "bandit": 65536, "mdp": 16384}


def settings_of(name: str, device: torch.device, *changes: str) -> TrainConfig:
    """What rl2-train would run."""
    copies = [f"num_envs={CUDA_COPIES[name]}"] if device.type == "cuda" else []
    where = [f"device={device}", f"engine.device={device.type}"]
    config = compose(*RECIPES[name], *where, *copies, *changes)
    config.run_dir = ""  # nothing is written
    return OmegaConf.to_object(config)  # type: ignore[return-value]


@contextmanager
def training(settings: TrainConfig, device: torch.device) -> Iterator[Trainer]:
    """A training at its beginning."""
    num_envs, num_steps = check(settings, World())
    env, sampler = settings.suite.build(num_envs, device, settings.engine, settings.seed)
    try:
        torch.manual_seed(settings.seed)
        trial = Trial(env, sampler, settings.suite.episodes_per_trial)
        agent = RL2Agent(env.spaces, settings.agent).to(device)
        if settings.init_from:
            begin_from(agent, settings.init_from)
        learner = make_learner(agent, settings.learner, settings.seed)
        yield Trainer(agent, learner, trial, num_steps, settings.seed)
    finally:
        env.close()


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """How long the work takes, until the device has done it."""
    start = now(device)
    work()
    return now(device) - start


def now(device: torch.device) -> float:
    """The time, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def say(line: str) -> None:
    """To whoever waits."""
    print(line, file=sys.stderr, flush=True)
