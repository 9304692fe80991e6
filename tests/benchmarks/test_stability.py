"""Every variant of a preset can be trained."""

import pytest
import torch
from omegaconf import OmegaConf

from rl2_mazes.agents import train
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.benchmarks import stability
from rl2_mazes.benchmarks.stability import TASKS, StabilityConfig

VARIANTS = [(task, variant) for task, each in TASKS.items() for variant in each.variants]


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_variants_are_trainings(task, variant, monkeypatch):
    """The arguments of the training program compose, and an agent fits the suite."""
    given = {}
    monkeypatch.setattr(
        stability.subprocess, "run", lambda command, check: given.update(arguments=command[3:])
    )
    stability.train(StabilityConfig(task=task), TASKS[task], variant, seed=3)
    plain = train.compose(f"experiment={task}")
    config = train.compose(*given["arguments"])
    settings = OmegaConf.to_object(config)
    assert settings.seed == 3
    assert settings.run_dir.startswith(f"runs/stability/{task}/")
    varied = any(plain[key] != config[key] for key in ("suite", "agent", "learner"))
    assert varied == (variant != "default")
    if task != "demo":
        env, _ = settings.suite.build(2, torch.device("cpu"), settings.engine, 0)
        RL2Agent(env.spaces, settings.agent)
