"""The loop of a training: rollouts and updates, checkpoints between them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Protocol

import torch

from ...core.errors import SimulatorError, UserError
from ...core.storage.provenance import add_origin
from ...core.storage.run_folder import RunFolder
from ..learners.base import NotFiniteError
from ..networks.actor_critic import ActorCritic
from ..runtime.distributed import any_process, barrier
from ..runtime.progress import Progress
from ..runtime.stop_signal import StopSignal
from .checkpoint import AgentCard, restore_newest, save, warm_start
from .history import HISTORY, forget_after, keep
from .mixed_trainer import MixedTrainer
from .objective import require_measured
from .trainer import Trainer


class LoopSettings(Protocol):
    """The settings of a training that its loop reads; `TrainConfig` explains them."""

    suite: Any
    total_steps: int
    init_from: str | None
    checkpoint_seconds: float
    keep_every: int | None
    tensorboard: bool
    wandb: bool
    objective: str | None


def train(
    settings: LoopSettings,
    folder: RunFolder,
    trainer: Trainer | MixedTrainer,
    device: torch.device,
    stop: StopSignal,
) -> ActorCritic:
    """Alternate rollouts and updates until `total_steps`, from the latest checkpoint on."""
    world, agent, learner = trainer.world, trainer.agent, trainer.learner
    card = _begin(folder, trainer, settings.init_from)
    folder.open_logs(trainer.steps, settings.tensorboard, settings.wandb)
    began = saved = time.monotonic()
    began_steps = saved_steps = trainer.steps
    history = folder.path / HISTORY

    def reached() -> AgentCard:
        return card._replace(
            suite=asdict(settings.suite),
            steps=trainer.steps,
            seconds=card.seconds + time.monotonic() - began,
        )

    def save_now() -> None:
        state = trainer.state_dict()
        if world.rank == 0:
            save(folder.checkpoints, agent, reached(), state)

    def keep_weights(before: int) -> None:
        if world.rank == 0:
            keep(history, agent, reached(), before, settings.keep_every)

    with Progress(settings.total_steps, trainer.steps, folder.path, world.rank == 0) as progress:
        over = trainer.steps >= settings.total_steps
        if world.rank == 0 and not over:
            precision = agent.precision.name
            add_origin(folder.path, trainer.steps, world.size, device, precision)
            forget_after(history, trainer.steps)
        if trainer.steps == 0:
            keep_weights(before=-1)
        while not over:
            before = trainer.steps
            learner.progress = trainer.steps / settings.total_steps
            try:
                with _remedies(trainer, folder, device):
                    metrics = trainer.iterate()
            except SimulatorError:
                # Other processes would not join in saving.
                if world.size == 1 and trainer.steps != saved_steps:
                    save_now()
                raise
            if before == began_steps:  # a learner's metrics are not known earlier
                require_measured(settings.objective, {*metrics, *trainer.statistic_names})
            folder.log(trainer.steps, metrics)
            progress.update(trainer.steps, metrics)
            keep_weights(before)

            now = time.monotonic()
            stopped = any_process(stop.requested, device)
            over = trainer.steps >= settings.total_steps or stopped
            if over or any_process(now - saved >= settings.checkpoint_seconds, device):
                save_now()
                saved, saved_steps = now, trainer.steps
    return agent


def _begin(folder: RunFolder, trainer: Trainer | MixedTrainer, init_from: str | None) -> AgentCard:
    """Restore the latest checkpoint, or give the agent its first weights.

    Returns:
        The agent's card; its suite is left to the caller.
    """
    barrier()  # no process reads before rank 0 has locked the folder
    agent = trainer.agent
    restored = restore_newest(folder.checkpoints, agent)
    if restored is None:
        new = AgentCard.of(agent, {})
        if init_from is None:
            return new
        before = warm_start(agent, init_from)
        if trainer.world.rank == 0:
            print(f"warm start from {init_from}, {before.all_steps:,} steps", file=sys.stderr)
        return new._replace(
            init_steps=before.all_steps,
            init_seconds=before.all_seconds,
            init_suites=before.all_suites,
        )
    card, state = restored
    exactly = trainer.load_state_dict(state, card.steps)
    if trainer.world.rank == 0:
        how = "" if exactly else ", with new trials"
        print(f"resuming from {card.steps:,} steps in {folder.path}{how}", file=sys.stderr)
    return card


@contextmanager
def _remedies(
    trainer: Trainer | MixedTrainer, folder: RunFolder, device: torch.device
) -> Iterator[None]:
    """Turn failures of an iteration that other settings avoid into a `UserError` naming them."""
    try:
        yield
    except NotFiniteError as error:
        saved = sorted(folder.checkpoints.glob("step_*"))
        kept = (
            f"the last good checkpoint is {saved[-1]}"
            if saved
            else "no checkpoint was saved before"
        )
        raise UserError(
            f"{error}, in the iteration after {trainer.steps:,} steps; {kept}; "
            "try a lower learner.lr in a new run_dir=..."
        ) from error
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"{device} is out of memory; give fewer num_envs, or more "
            "learner.num_minibatches in a new run_dir=..."
        ) from error
