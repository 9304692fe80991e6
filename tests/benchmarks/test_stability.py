"""Every variant of a recipe can be trained."""

import hydra
import pytest
import torch
from omegaconf import OmegaConf

from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.benchmarks import stability
from rl2_mazes.benchmarks.stability import TASKS, StabilityConfig
from rl2_mazes.conf import schema
from rl2_mazes.conf.build import build_env

VARIANTS = [(task, variant) for task, each in TASKS.items() for variant in each.variants]


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_variants_are_trainings(task, variant, monkeypatch):
    """What is given to the training program composes, and builds an agent for the suite."""
    given = {}
    monkeypatch.setattr(
        stability.subprocess, "run", lambda command, check: given.update(arguments=command[3:])
    )
    stability.train(StabilityConfig(task=task), TASKS[task], variant, seed=3)
    schema.register()
    with hydra.initialize_config_module("rl2_mazes.conf", version_base="1.3"):
        plain = hydra.compose("train", [f"experiment={task}"])
        config = hydra.compose("train", given["arguments"])
    settings = OmegaConf.to_object(config)
    assert settings.seed == 3
    assert settings.run_dir.startswith(f"runs/stability/{task}/")
    varied = any(plain[key] != config[key] for key in ("suite", "agent", "learner"))
    assert varied == (variant != "default")
    if task != "demo":
        env, _ = build_env(settings.suite, settings.engine, 2, torch.device("cpu"), 0)
        RL2Agent(env.spaces, settings.agent)
