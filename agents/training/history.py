"""Weights of a whole training, from the untrained network to the last, for learning histories.

    history/step_000000000000/   the untrained network, or the one of a warm start
    history/step_000000102400/   after the iteration that passed the first multiple of keep_every

Each is a checkpoint without the training's state, and an agent like any other. `rl2 record
agent=RUN/history` records them all on the same tasks, in the order of learning.
"""

import shutil
from pathlib import Path

from ...core.errors import UserError
from ..networks.actor_critic import ActorCritic
from .checkpoint import AgentCard, save

HISTORY = "history"


def is_history(path: Path) -> bool:
    """Whether a path is the history of a training."""
    return path.name == HISTORY and bool(kept(path))


def require_kept(path: Path) -> None:
    """Raise a `UserError` if a path is the history of a run that kept none."""
    is_of_run = path.name == HISTORY and (path.parent / "checkpoints").is_dir()
    if is_of_run and not path.exists():
        raise UserError(
            f"{path} does not exist; rl2-train keep_every=STEPS keeps the weights of a whole "
            "training there"
        )


def kept(folder: Path) -> list[Path]:
    """Checkpoints of a history, in the order of learning."""
    return sorted(folder.glob("step_*"))


def keep(folder: Path, agent: ActorCritic, card: AgentCard, before: int, every: int | None) -> None:
    """Save the weights if the training has passed a multiple of `every` steps.

    Args:
        folder: Of the history.
        agent: The network.
        card: Its card, with the steps so far.
        before: Steps before the last iteration; -1 before the first, so that 0 is passed.
        every: Steps between saved weights; None saves none.
    """
    if every is not None and card.steps // every > before // every:
        save(folder, agent, card, None, keep=None)


def forget_after(folder: Path, steps: int) -> None:
    """Delete what was saved after `steps`, by iterations that will run again."""
    for path in kept(folder):
        if int(path.name.removeprefix("step_")) > steps:
            shutil.rmtree(path)
