"""Trials on disk: the figures of each episode, the action and pose of each step."""

import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...core.errors import UserError
from ...core.storage.files import replacing
from ...mazes.maze import Maze
from .runner import TrialLog

EPISODES = ("length", "success", "episode_return")  # [N, K] each
NEEDED = (*EPISODES, "shortest", "targets", "tasks", "actions")


class TrialRecord(NamedTuple):
    """Content of a file of trials."""

    log: TrialLog
    shortest: np.ndarray  # [N, K] int64, steps of the shortest path
    targets: np.ndarray  # [N, K, 2] int64, row and column of the target


def save_log(path: Path, log: TrialLog, shortest: np.ndarray, mazes: Sequence[Maze]) -> None:
    """Write a log of mazes as .npz.

    Args:
        path: File to write; its folder must exist.
        log: N trials of K episodes, whose tasks are indices into the set of mazes.
        shortest: [N, K] int64, steps of the shortest path (see `mazes.planning.shortest_paths`).
        mazes: N mazes, one per trial.
    """
    arrays = {name: getattr(log, name) for name in (*EPISODES, "actions")}
    arrays |= {"tasks": np.asarray(log.tasks.cpu()), "shortest": shortest}
    arrays["targets"] = targets_of(mazes, log.length.shape[1])
    if log.poses is not None:
        arrays["poses"] = log.poses
    with replacing(path) as partial:
        np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]


def targets_of(mazes: Sequence[Maze], episodes: int) -> np.ndarray:
    """Row and column of the target in each episode of a trial on each maze, [N, K, 2] int64."""
    return np.array([[maze.target(k) for k in range(episodes)] for maze in mazes], np.int64)


def load_log(path: Path) -> TrialRecord:
    """Read a file of `save_log`.

    Raises:
        UserError: The file is missing, damaged or half-written.
    """
    arrays = read_arrays(path, NEEDED, ["poses"])
    _require_aligned(path, arrays)
    of_episodes: dict[str, Any] = {name: arrays[name] for name in EPISODES}
    log = TrialLog(
        **of_episodes,
        tasks=torch.from_numpy(arrays["tasks"]),
        actions=arrays["actions"],
        poses=arrays.get("poses"),
    )
    return TrialRecord(log, arrays["shortest"], arrays["targets"])


def read_arrays(
    path: Path, needed: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, np.ndarray]:
    """Read arrays of a .npz file by name.

    Raises:
        UserError: The file is missing, damaged or half-written, or lacks a needed array.
    """
    needed = list(needed)
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            arrays = {name: file[name] for name in (*needed, *optional) if name in file}
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is damaged or half-written ({type(error).__name__})") from error
    if missing := [name for name in needed if name not in arrays]:
        raise UserError(f"{path} has no {missing[0]!r}: it has an older format")
    return arrays


def _require_aligned(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Raise if the arrays differ in their numbers of trials, episodes or steps."""
    length = arrays["length"]
    steps = int(length.sum())
    shapes = {name: length.shape for name in (*EPISODES, "shortest")}
    shapes |= {
        "targets": (*length.shape, 2),
        "actions": (steps,),
        "poses": (steps, 3),
        "tasks": length.shape[:1],
    }
    for name, array in arrays.items():
        if array.shape != shapes[name]:
            raise UserError(
                f"{path} is damaged: {name} has the shape {array.shape}, not {shapes[name]}"
            )
