"""Trainings to measure, with the settings that rl2-train would use."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from omegaconf import OmegaConf

from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.train import TrainConfig, check, compose, single_trainer
from rl2_mazes.agents.training.checkpoint import warm_start
from rl2_mazes.agents.training.memory_bound import require_memory
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core.random import seeding
from rl2_mazes.core.trial import Trial

RECIPES = {
    "demo": ["experiment=demo"],
    "demo_trained": ["experiment=demo", "init_from=pretrained/demo/seed_0"],
    "walk": ["suite=mazes/walk_small", "agent=duan2016_mazes", "learner=ppo"],
    "walk_no_labels": ["experiment=walk_small_no_labels", "suite.tasks.num_mazes=5000"],
    "bandit": ["experiment=bandit_k5_n10"],
    "mdp": ["experiment=mdp_n10"],
    "bandit_long": ["experiment=bandit_k50_n500_exchangeable"],
    "bandit_long_rl2": ["experiment=bandit_k50_n500"],
    "mdp_long": ["experiment=quick_mdp_n10", "suite=mdps/n50", "num_steps=500"],
    "mdp_long_rl2": ["experiment=mdp_n50"],
}
LONG_ROWS = "bandit_long", "bandit_long_rl2", "mdp_long", "mdp_long_rl2"
CUDA_ENVS = {
    **dict.fromkeys(("demo", "demo_trained", "walk", "walk_no_labels"), 4096),
    "bandit": 65536,
    "mdp": 16384,
    **dict.fromkeys(LONG_ROWS, 2048),
}


def settings_of(name: str, device: torch.device, *changes: str) -> TrainConfig:
    """Settings of a recipe on a device.

    Args:
        name: Key of `RECIPES`.
        device: Device of agent and environments; a GPU gets more environments.
        changes: Further arguments of rl2-train.
    """
    envs = [f"num_envs={CUDA_ENVS[name]}"] if device.type == "cuda" else []
    devices = [f"device={device}", f"engine.device={device.type}"]
    config = compose(*RECIPES[name], *devices, *envs, *changes)
    config.run_dir = ""  # nothing is written
    return OmegaConf.to_object(config)  # type: ignore[return-value]


def checked(
    settings: TrainConfig, device: torch.device, world: World | None = None
) -> tuple[int, int]:
    """Check the settings of a training as rl2-train does before it begins; see `checks.check`.

    Args:
        settings: Of the training.
        device: Device of the network and of the rollout.
        world: The processes that train together.

    Returns:
        Environments of each process, and steps of each environment in a rollout.

    Raises:
        UserError: They contradict each other, or need more memory than there is.
    """
    num_envs, num_steps = check(settings, world or World())
    require_memory(settings.suite, settings.agent, num_envs, num_steps, device)
    return num_envs, num_steps


@contextmanager
def training(
    settings: TrainConfig, device: torch.device, world: World | None = None
) -> Iterator[Trainer]:
    """A trainer before its first iteration; its environments are closed at the end."""
    world = world or World()
    num_envs, num_steps = checked(settings, device, world)
    seed = settings.seed + world.rank * seeding.RANK
    env, sampler = settings.suite.build(num_envs, device, settings.engine, seed)
    try:
        torch.manual_seed(settings.seed)
        trial = Trial(env, sampler, settings.suite.episodes_per_trial)
        trainer = single_trainer(settings, trial, num_steps, device)
        if settings.init_from:
            warm_start(trainer.agent, settings.init_from)
        yield trainer
    finally:
        env.close()
