"""Train an RL² agent on a suite.

    rl2-train experiment=demo
    rl2-train experiment=walk_small seed=1 total_steps=20_000_000
    rl2-train --multirun experiment=demo seed=0,1,2
    rl2-train --multirun +sweep=table1 hydra/launcher=joblib
    torchrun --nproc-per-node 2 -m rl2_mazes.agents.train experiment=demo   # two GPUs or cores

Re-running the command resumes from the latest checkpoint. Ctrl-C saves one and stops.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("train")

import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import MISSING, DictConfig

from ..core import cli
from ..core.errors import UserError
from ..core.random import seeding
from ..core.registries.choice import default_settings
from ..core.split_trial import SplitTrial
from ..core.storage.run_folder import RunFolder, read_metrics
from ..core.tabular.mixed_suite import MixedSuite
from ..core.trial import Trial
from ..core.validation import at_least, count, seed
from .networks.actor_critic import RECKONED
from .networks.contract import build_agent
from .runtime.device import configure_device, resolve_device
from .runtime.distributed import World, current_world, join_world
from .runtime.precision import choose_precision, slowness
from .runtime.stop_signal import StopSignal
from .training.checkpoint import CheckpointError, find_weights, load_agent
from .training.checks import check, takes_bfloat16
from .training.learner_checks import built_learner
from .training.loop import train
from .training.memory_bound import require_memory
from .training.mixed_trainer import MixedTrainer
from .training.novelty import Novelty
from .training.objective import objective
from .training.setup import build_trial
from .training.trainer import Trainer


@dataclass
class TrainConfig:
    """Keys of rl2-train.

    Attributes:
        suite: Family of tasks.
        engine: Simulator of mazes; the tabular suites need none.
        agent: The network.
        learner: Its learning algorithm.
        name: Name of the run and of its folder.
        run_dir: Folder of the run. Re-running the command resumes from its latest checkpoint.
        seed: Seed of everything that is drawn.
        device: Device of the learner: auto (CUDA if there is any), cpu, cuda, cuda:1 ...
        precision: Of products in training: float32; bfloat16 (on a CPU all while learning, on a GPU
            convolutions alone); or auto, the faster one of these by measurement.
        num_envs: Environments, over all processes.
        num_steps: Steps of every environment in a rollout, at least an episode's; null means 256,
            or an episode's if that is more.
        total_steps: Agent steps to train for, over all environments; the last rollout is a whole
            one.
        track: The training is refused unless it is of this track: labels if the critic or a loss
            takes privileged features, else no_labels. null takes either.
        init_from: Warm start from a trained agent of the same network, whose `agent.aux` may differ
            and which may lack a map: a run's folder, a checkpoint, or pretrained/NAME. Shorter
            trials first make long ones easier to learn.
        checkpoint_seconds: Seconds between checkpoints.
        keep_every: Agent steps between weights that stay, from the untrained network on, in the
            run's history/, for rl2 record agent=RUN/history; null keeps the newest checkpoints
            alone.
        tensorboard: Also write TensorBoard curves.
        wandb: Also log to Weights & Biases; needs the extra wandb. WANDB_MODE=offline uploads
            nothing.
        objective: Metric that a sweeper such as Optuna's optimises, a key of metrics.jsonl,
            averaged over the last tenth of the training; null means trial_return.
    """

    suite: Any = MISSING
    engine: Any = MISSING
    agent: Any = MISSING
    learner: Any = MISSING
    name: str = "train"
    run_dir: str = MISSING
    seed: int = seed(0)
    device: str = "auto"
    precision: str = "auto"
    num_envs: int = count(128)
    num_steps: int | None = count(None)
    total_steps: int = count(10_000_000, most=10**15)
    track: str | None = None
    init_from: str | None = None
    checkpoint_seconds: float = at_least(0, 60.0)
    keep_every: int | None = count(None)
    tensorboard: bool = True
    wandb: bool = False
    objective: str | None = None


def compose(*overrides: str) -> DictConfig:
    """The configuration of a training for these overrides, as on the command line."""
    return cli.compose("train", TrainConfig, overrides)


def main() -> int | None:
    """Entry point of `rl2-train`."""
    return cli.run("train", TrainConfig, run)


def run(settings: TrainConfig) -> float | None:
    """Run one training, from its configuration to its last checkpoint.

    Returns:
        The objective in a sweep, see `agents.training.objective`; otherwise None.
    """
    with join_world(resolve_device(settings.device).type) as world:
        if run_in(world, settings):
            raise KeyboardInterrupt
        return reached(settings, world.rank)


def run_in(world: World, settings: TrainConfig) -> bool:
    """Run one training, or this process's part of it; returns whether the user has stopped it."""
    num_envs, num_steps = check(settings, world)
    device = resolve_device(settings.device, world)
    configure_device(device)
    require_memory(settings.suite, settings.agent, num_envs, num_steps, device)
    path = folder_of(settings)
    if settings.init_from is not None and not (path / "checkpoints").is_dir():
        find_weights(Path(settings.init_from))  # an error now, before a folder is made
    defaults = default_settings(settings)
    with ExitStack() as stack:
        folder = RunFolder(path, asdict(settings), defaults, writes=world.rank == 0)
        stack.enter_context(folder)
        if (done := steps_saved(folder)) >= settings.total_steps:
            print(f"{path} is done, {done:,} steps", file=sys.stderr)
            return False
        notes = settings.suite.warning, slowness(settings.precision, device)
        for note in filter(None, notes):
            print(f"note: {note}", file=sys.stderr)
        stop = stack.enter_context(StopSignal())
        torch.manual_seed(settings.seed)
        if isinstance(settings.suite, MixedSuite):
            trainer = mixed_trainer(settings, device)
        else:
            seed = settings.seed + world.rank * seeding.RANK
            trial = build_trial(settings.suite, settings.engine, num_envs, device, seed)
            stack.callback(trial.env.close)
            trainer = single_trainer(settings, trial, num_steps, device)
        train(settings, folder, trainer, device, stop)
    return stop.requested


def single_trainer(
    settings: TrainConfig, trial: Trial | SplitTrial, num_steps: int, device: torch.device
) -> Trainer:
    """The trainer of one suite; initial weights are drawn from torch's global generator."""
    agent = build_agent(settings.agent, trial.env.spaces).to(device)
    if takes_bfloat16(settings):
        has_images = trial.env.spaces.image_shape is not None
        agent.precision = choose_precision(settings.precision, device, has_images)
    aux, num_envs = getattr(settings.agent, "aux", "none"), trial.env.num_envs
    suite, labels, novelty = settings.suite, None, None
    if aux in RECKONED:
        labels = suite.label_maker(num_envs, aux)
    if (weight := getattr(settings.learner, "novelty", 0.0)) > 0:
        novelty = Novelty(suite.novelty_counter(num_envs), weight, settings.learner.gamma)
    return Trainer(
        agent,
        built_learner(settings.learner.build(agent, settings.seed), settings.learner),
        trial,
        num_steps,
        settings.seed,
        current_world(),
        has_success=suite.has_success,
        labels=labels,
        novelty=novelty,
    )


def mixed_trainer(settings: TrainConfig, device: torch.device) -> MixedTrainer:
    """The trainer of a mixture of rows; initial weights as of `single_trainer`."""
    agent = build_agent(settings.agent, settings.suite.spaces).to(device)
    return MixedTrainer(agent, settings.learner, settings.suite, settings.num_envs, settings.seed)


def reached(settings: TrainConfig, rank: int) -> float | None:
    """The objective of a training that is done, for the sweeper that asked for it."""
    if rank > 0 or not in_sweep():
        return None
    return objective(read_metrics(folder_of(settings) / "metrics.jsonl"), settings.objective)


def folder_of(settings: TrainConfig) -> Path:
    """The run's folder: `run_dir`, or in a sweep the job's own.

    Raises:
        UserError: `run_dir` is empty, which would mean the current folder.
    """
    if in_sweep():
        return Path(HydraConfig.get().runtime.output_dir)
    if not settings.run_dir:
        raise UserError("run_dir is empty; give a folder, or leave it out for runs/NAME/seed_SEED")
    return Path(settings.run_dir)


def in_sweep() -> bool:
    """Whether this is a job of a sweep; `run` may also be called from Python, without Hydra."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def steps_saved(folder: RunFolder) -> int:
    """Steps behind the latest checkpoint; 0 if there is none, or it is damaged."""
    try:
        return load_agent(folder.checkpoints)[1].steps
    except CheckpointError:
        return 0
