"""Record of a submission's trials, NAME.npz. N trials of K episodes have S steps in total.

length          [N, K] int64, steps
success         [N, K] bool
episode_return  [N, K] float32
actions         [S] uint8 (int32 if there are more than 256), in order of trial, episode and time
tasks           [N] int64, indices into the set of mazes; in mazes alone
shortest        [N, K] int64, steps of the shortest path; in mazes alone
"""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...core.errors import UserError
from ...core.storage.files import replacing
from ..trials.log_file import EPISODES, OF_LOG, read_arrays, require_axes
from ..trials.runner import TrialLog
from ..trials.trials import Trials

MOST_BYTES = 1_000_000  # of a file
MOST_UNPACKED = 100_000_000
OF_ALL = ("length", "success", "episode_return", "actions")
OF_MAZES = ("tasks", "shortest")


class Record(NamedTuple):
    """Content of a record; the last two are None but in mazes."""

    log: TrialLog
    tasks: np.ndarray | None  # [N] int64
    shortest: np.ndarray | None  # [N, K] int64


def write_record(file: Path, trials: Trials) -> None:
    """Write the record of some trials.

    Raises:
        UserError: It is larger than a submission may be.
    """
    arrays = {name: getattr(trials.log, name) for name in OF_ALL}
    if trials.suite.has_success:
        arrays |= {"tasks": trials.log.tasks.cpu().numpy(), "shortest": trials.shortest}
    with replacing(file) as partial:
        np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]
        if (size := partial.stat().st_size) > MOST_BYTES:
            raise UserError(
                f"the record has {size:,} bytes; a submission may have {MOST_BYTES:,}: give fewer "
                "num_trials=..."
            )


def read_record(file: Path, of_mazes: bool) -> Record:
    """Read a record.

    Args:
        file: The record.
        of_mazes: Whether it must hold what records of mazes hold.

    Raises:
        UserError: It is missing, damaged, too large or holds values of another type or shape.
    """
    _require_small(file)
    names = (*OF_ALL, *(OF_MAZES if of_mazes else ()))
    arrays = read_arrays(file, names)
    require_axes(Path(file.name), arrays, OF_LOG)
    of_episodes: dict[str, Any] = {name: arrays[name] for name in EPISODES}
    log = TrialLog(
        **of_episodes,
        tasks=torch.arange(len(arrays["length"])),
        actions=arrays["actions"],
    )
    return Record(log, arrays.get("tasks"), arrays.get("shortest"))


def _require_small(file: Path) -> None:
    """Raise unless a file and what it unpacks to are of a size that any machine can hold."""
    try:
        size = file.stat().st_size
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except Exception as error:  # zipfile raises many kinds
        raise UserError(f"{file.name} is missing or damaged ({type(error).__name__})") from error
    for found, most in ((size, MOST_BYTES), (unpacked, MOST_UNPACKED)):
        if found > most:
            raise UserError(f"{file.name} has {found:,} bytes; it may have {most:,}")
