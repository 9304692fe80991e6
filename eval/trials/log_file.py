"""Trials on disk: the figures of each episode, the action and pose of each step."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...core.errors import UserError
from ...core.storage.files import replacing
from ...mazes.maze import Maze
from .runner import TrialLog

EPISODES = ("length", "success", "episode_return")  # [N, K] each
MOST_STEPS = 2**40


class Axes(NamedTuple):
    """Names of an array's axes, or their sizes, and the kinds of type that it may have."""

    names: Sequence[str]
    kinds: str  # of numpy's: i and u integers, f floats, b booleans


OF_LOG = {
    "length": Axes(("N", "K"), "iu"),
    "success": Axes(("N", "K"), "b"),
    "episode_return": Axes(("N", "K"), "f"),
    "shortest": Axes(("N", "K"), "iu"),
    "targets": Axes(("N", "K", "2"), "iu"),
    "tasks": Axes(("N",), "iu"),
    "actions": Axes(("S",), "iu"),
    "poses": Axes(("S", "3"), "f"),
}
OPTIONAL = ("poses",)
NEEDED = [name for name in OF_LOG if name not in OPTIONAL]


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
    arrays = read_arrays(path, NEEDED, OPTIONAL)
    require_axes(path, arrays, OF_LOG)
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
    except Exception as error:  # zipfile, its decompressors and numpy raise many kinds
        raise UserError(f"{path} is damaged or half-written ({type(error).__name__})") from error
    if missing := [name for name in needed if name not in arrays]:
        raise UserError(f"{path} has no {missing[0]!r}: it has an older format")
    return arrays


def require_axes(path: Path, arrays: Mapping[str, np.ndarray], axes: Mapping[str, Axes]) -> None:
    """Raise unless arrays have the types and shapes that they should, and lengths add up.

    Args:
        path: Their file, for errors.
        arrays: With `length`, the steps of each episode.
        axes: Of every array by name. Axes of the same name have the same size; that named S has the
            sum of `length`.

    Raises:
        UserError: An array does not fit.
    """
    sizes: dict[str, int] = {}
    for name in sorted(arrays, key=lambda name: name != "length"):  # which the others follow
        array, each = arrays[name], axes[name]
        if array.dtype.kind not in each.kinds:
            raise UserError(f"{path} is damaged: {name} is of type {array.dtype}")
        known = tuple(int(axis) if axis.isdigit() else sizes.get(axis) for axis in each.names)
        if array.ndim != len(known) or any(
            size not in (None, found) for size, found in zip(known, array.shape, strict=True)
        ):
            wanted = tuple(
                axis if size is None else size for axis, size in zip(each.names, known, strict=True)
            )
            raise UserError(f"{path} is damaged: {name} has the shape {array.shape}, not {wanted}")
        sizes |= dict(zip(each.names, array.shape, strict=True))
        if name == "length":
            steps = array.sum(dtype=np.float64)
            if array.size == 0 or array.min() < 0 or steps > MOST_STEPS:
                raise UserError(f"{path} is damaged: length is no number of steps")
            sizes["S"] = int(steps)
