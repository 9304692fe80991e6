"""Main program: trains an RL² agent on a suite.

    rl2-train experiment=demo
    rl2-train experiment=walk_small seed=1 total_steps=20_000_000
    rl2-train --multirun experiment=demo seed=0,1,2
    torchrun --nproc-per-node 2 -m rl2_mazes.agents.train experiment=demo   # two GPUs or cores

The same command again goes on where the newest checkpoint stands. Ctrl-C saves one and ends.
"""

import re
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import MISSING, DictConfig, OmegaConf

from ..core import cli, seeding
from ..core.provenance import add_origin
from ..core.run_folder import RunFolder
from ..core.split_trial import SplitTrial
from ..core.trial import Trial
from .learners.base import NotFiniteError
from .learners.ppo import PPOSettings
from .learners.registry import make_learner
from .networks.rl2_agent import RL2Agent, RL2Settings
from .runtime.distributed import World, any_process, barrier, current_world, join_world
from .runtime.progress import Progress
from .training.checkpoint import (
    AgentCard,
    CheckpointError,
    begin_from,
    find_weights,
    load_agent,
    restore_newest,
    save,
)
from .training.setup import build_trial
from .training.trainer import Trainer


@dataclass
class TrainConfig:
    """Keys of rl2-train.

    Attributes:
        suite: The family of tasks.
        engine: Which simulator of mazes; the tabular suites need none.
        agent: The network.
        learner: What improves it.
        name: Of the run; names its folder.
        run_dir: Where the run lies. The same command again goes on from its newest checkpoint.
        seed: Of everything that is drawn.
        device: Of the learner: auto (CUDA if there is any), cpu, cuda, cuda:1 ...
        num_envs: Copies of the environment, over all processes.
        num_steps: Steps of every copy in a rollout, at least an episode's; if not given, 256, or an
            episode's if that is more.
        total_steps: Agent steps to train for, all copies together.
        init_from: Begin with the weights of a trained agent of the same network: a run's folder, a
            checkpoint, or pretrained/NAME. Shorter trials first make long ones easier.
        checkpoint_seconds: Between checkpoints.
        tensorboard: Also write TensorBoard curves.
    """

    suite: Any = MISSING
    engine: Any = MISSING
    agent: RL2Settings = MISSING
    learner: Any = MISSING
    name: str = "train"
    run_dir: str = MISSING
    seed: int = 0
    device: str = "auto"
    num_envs: int = 128
    num_steps: int | None = None
    total_steps: int = 10_000_000
    init_from: str | None = None
    checkpoint_seconds: float = 60.0
    tensorboard: bool = True


def compose(*overrides: str) -> DictConfig:
    """The configuration of a training for these overrides, as on the command line."""
    return cli.compose("train", TrainConfig, overrides)


def main() -> None:
    """Entry point of `rl2-train`."""
    cli.run("train", TrainConfig, run)


def run(config: DictConfig) -> None:
    """One training, from configuration to last checkpoint."""
    with cli.usage_errors():
        in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
        path = Path(HydraConfig.get().runtime.output_dir if in_sweep else config.run_dir)
        settings: TrainConfig = OmegaConf.to_object(config)  # type: ignore[assignment]
        plain = OmegaConf.to_container(config, resolve=True)
        device_type = pick_device(settings.device).type
    with join_world(device_type) as world, ExitStack() as stack:
        with cli.usage_errors():
            num_envs, num_steps = check(settings, world)
            device = pick_device(settings.device, world)
            if settings.init_from is not None and not (path / "checkpoints").is_dir():
                find_weights(Path(settings.init_from))  # named before a folder is made
            defaults = {
                group: asdict(type(getattr(settings, group))()) for group in ("agent", "learner")
            }
            folder = RunFolder(path, plain, defaults, world.rank == 0)  # type: ignore[arg-type]
        stack.enter_context(folder)
        if (done := steps_saved(folder)) >= settings.total_steps:
            print(f"{path} is done, {done:,} steps", file=sys.stderr)
            return
        if settings.suite.warning:
            print(f"note: {settings.suite.warning}", file=sys.stderr)
        stop = stack.enter_context(StopSignal())
        with cli.usage_errors():
            seed = settings.seed + world.rank * seeding.RANK
            trial = build_trial(settings.suite, settings.engine, num_envs, device, seed)
        stack.callback(trial.env.close)
        train(settings, folder, trial, num_steps, device, stop)
    if stop.requested:
        raise KeyboardInterrupt


def train(
    settings: TrainConfig,
    folder: RunFolder,
    trial: Trial | SplitTrial,
    num_steps: int,
    device: torch.device,
    stop: "StopSignal",
) -> RL2Agent:
    """Alternates rollouts and updates until `total_steps`, from the newest checkpoint on."""
    torch.manual_seed(settings.seed)
    world = current_world()
    with cli.usage_errors():
        agent = RL2Agent(trial.env.spaces, settings.agent).to(device)
        learner = make_learner(agent, settings.learner, settings.seed)
        training = Trainer(agent, learner, trial, num_steps, settings.seed, world)
        card = _begin(folder, training, settings.init_from)
        folder.open_logs(training.steps, settings.tensorboard)
    began = saved = time.monotonic()
    with Progress(settings.total_steps, training.steps, folder.path, world.rank == 0) as progress:
        over = training.steps >= settings.total_steps
        if world.rank == 0 and not over:
            add_origin(folder.path, training.steps, world.size, device)
        while not over:
            learner.progress = training.steps / settings.total_steps
            try:
                metrics = training.iterate()
            except NotFiniteError as error:
                raise cli.UsageError(_gave_up(error, training, folder)) from error
            except torch.OutOfMemoryError as error:
                raise cli.UsageError(
                    f"{device} is out of memory; give fewer num_envs, or more "
                    "learner.num_minibatches in a new run_dir=..."
                ) from error
            except ImportError as error:  # of kernels, which are imported when they are needed
                raise cli.UsageError(str(error)) from error
            folder.log(training.steps, metrics)
            progress.update(training.steps, metrics)

            now = time.monotonic()
            stopped = any_process(stop.requested, device)
            over = training.steps >= settings.total_steps or stopped
            if over or any_process(now - saved >= settings.checkpoint_seconds, device):
                state = training.state_dict()
                reached = card._replace(
                    suite=asdict(settings.suite),
                    steps=training.steps,
                    seconds=card.seconds + now - began,
                )
                if world.rank == 0:
                    with cli.usage_errors():
                        save(folder.checkpoints, agent, reached, state)
                saved = now
    return agent


def steps_saved(folder: RunFolder) -> int:
    """Steps behind the newest checkpoint; 0 if there is none, or it is damaged."""
    try:
        return load_agent(folder.checkpoints)[1].steps
    except CheckpointError:
        return 0


def check(settings: TrainConfig, world: World) -> tuple[int, int]:
    """Checks what several settings say together.

    Returns:
        Copies of each process, and steps of each copy in a rollout.
    """
    horizon = settings.suite.horizon
    num_steps = max(horizon, 256) if settings.num_steps is None else settings.num_steps
    for key, value in (("num_envs", settings.num_envs), ("total_steps", settings.total_steps)):
        if value < 1:
            raise ValueError(f"{key} is {value}; it must be at least 1")
    if settings.agent.aux_prediction and not isinstance(settings.learner, PPOSettings):
        raise ValueError(
            "agent.aux_prediction is taught by PPO alone: with another learner, add agent=rl2"
            + (" init_from=null" if settings.init_from else "")
        )
    parts = getattr(settings.learner, "num_minibatches", 1)
    if settings.num_envs % (parts * world.size):
        among = f" times the {world.size} processes" if world.size > 1 else ""
        raise ValueError(
            f"num_envs is {settings.num_envs}; it must be a multiple of "
            f"learner.num_minibatches, {parts}{among}"
        )
    if num_steps < horizon:
        raise ValueError(
            f"num_steps is {num_steps}, but an episode may take {horizon} steps; a rollout must "
            f"be able to hold one: num_steps={horizon} or more"
        )
    return settings.num_envs // world.size, num_steps


def _begin(folder: RunFolder, training: Trainer, init_from: str | None) -> AgentCard:
    """Puts the newest checkpoint in place, or else the agent to begin from; returns what is known.

    The card's suite is the caller's to fill in.
    """
    barrier()  # nobody reads before the folder is this run's own
    agent = training.agent
    restored = restore_newest(folder.checkpoints, agent)
    if restored is None:
        new = AgentCard({}, asdict(agent.settings), asdict(agent.spaces), steps=0, seconds=0.0)
        if init_from is None:
            return new
        before = begin_from(agent, init_from)
        if training.world.rank == 0:
            print(f"beginning from {init_from}, {before.all_steps:,} steps", file=sys.stderr)
        return new._replace(
            init_steps=before.all_steps,
            init_seconds=before.all_seconds,
            init_suites=before.all_suites,
        )
    card, state = restored
    exactly = training.load_state_dict(state, card.steps)
    if training.world.rank == 0:
        how = "" if exactly else ", with new trials"
        print(f"going on from {card.steps:,} steps in {folder.path}{how}", file=sys.stderr)
    return card


def _gave_up(error: NotFiniteError, training: Trainer, folder: RunFolder) -> str:
    saved = sorted(folder.checkpoints.glob("step_*"))
    kept = f"the last good checkpoint is {saved[-1]}" if saved else "no checkpoint was saved before"
    return (
        f"{error}, in the iteration after {training.steps:,} steps; {kept}; "
        "try a lower learner.lr in a new run_dir=..."
    )


def pick_device(name: str, world: World | None = None) -> torch.device:
    """The device that a configuration's `device` names; `auto` is CUDA where there is any.

    Each of several processes on a machine takes a GPU of its own. A GPU is made the current one,
    and may shorten float32 in products (TF32) and convolutions (bfloat16), in all of the process.
    """
    world = world or World()
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise ValueError(f"device is {name}; it must be auto, cpu, cuda or cuda:N")
    device = torch.device(name)
    if device.type != "cuda":
        return device
    index = world.local_rank if world.size > 1 else device.index or 0
    device = torch.device("cuda", index)
    found = torch.cuda.device_count()
    if index >= found:
        raise ValueError(
            f"device is {device}, but torch finds {found} CUDA devices; use device=cpu or auto"
        )
    torch.cuda.set_device(device)
    # Products on tensor cores, with 10 bits of mantissa (`agents.networks.encoders` goes further for
    # convolutions); the fastest convolutions.
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    return device


class StopSignal:
    """Ctrl-C and SIGTERM ask for an end after the current iteration; a second one ends at once."""

    def __init__(self):
        self.requested = False
        self._before = {}

    def _handle(self, number, _frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print(
            "\nstopping after this iteration, with a checkpoint; once more to stop at once",
            file=sys.stderr,
        )

    def __enter__(self) -> "StopSignal":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    from .train import main as by_name  # by a name that a sweep's jobs can import

    by_name()
