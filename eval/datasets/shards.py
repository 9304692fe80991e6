"""A shard: some trials as arrays, and the arrays as one .npz file.

N trials of K episodes, with S steps in total and U different frames. Axes and meanings are in
`ARRAYS`; a shard of mazes has the frames, poses and maze, one of bandits or MDPs the states and the
task's parameters under `task_NAME`.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from ...core.errors import UserError
from ...core.storage.files import replacing
from ...core.trial import Trial
from ...core.types import Agent, TimeStep
from ...mazes.geometry import cells_of
from ...mazes.maze import Maze
from ...mazes.padding import stack_padded
from ...mazes.planning.shortest_paths import cell_distances
from ..trials.log_file import Axes, read_arrays, require_axes, targets_of
from ..trials.runner import TrialLog, evaluate
from .frames import FrameStore

TASK = "task_"  # prefix of a tabular task's parameters


class Array(NamedTuple):
    """An array of a shard."""

    axes: str
    dtype: str
    meaning: str


STEP = "[S]"
ARRAYS = {
    "trial": Array(STEP, "int32", "index of the trial in the data set"),
    "episode": Array(STEP, "int32", "episode of the trial, from 0"),
    "action": Array(STEP, "uint8", "action taken; int32 if there are more than 256 actions"),
    "reward": Array(STEP, "float32", "reward of the action"),
    "terminated": Array(STEP, "bool", "the action ended the episode at the target"),
    "truncated": Array(STEP, "bool", "the action ended the episode at the horizon"),
    "frames": Array("[U, H, W, 3]", "uint8", "the different frames"),
    "frame": Array(STEP, "int32", "index into frames of the observation"),
    "pose": Array("[S, 3]", "float32", "x, y [map units] and angle [degrees] before the action"),
    "distance": Array(STEP, "int32", "cells on the shortest path from there to the target"),
    "state": Array(STEP, "int32", "observation: the state"),
    "regret": Array(STEP, "float32", "expected reward lost against the optimal action"),
    "train_steps": Array("[N]", "int64", "steps of training behind the agent; of a history"),
    "length": Array("[N, K]", "int32", "steps of each episode"),
    "success": Array("[N, K]", "bool", "whether the episode reached the target"),
    "shortest": Array("[N, K]", "int32", "steps of the shortest path"),
    "task": Array("[N]", "int32", "index of the maze in the suite's set"),
    "walls": Array("[N, height, width]", "bool", "the maze, True where solid"),
    "starts": Array("[N, K, 3]", "int32", "row, column and heading (quarter turns from east)"),
    "targets": Array("[N, K, 2]", "int32", "row and column of the target"),
    "texture_set": Array("[N]", "int32", "index of the maze's textures"),
}
KINDS = {
    "uint8": "iu",
    "int32": "iu",
    "int64": "iu",
    "float32": "f",
    "bool": "b",
}  # numpy's, by dtype
NEEDED = ("trial", "episode", "action", "reward", "terminated", "truncated", "length")


def record_shard(
    agent: Agent, trial: Trial, suite: Any, first: int, seed: int, progress: Any = False
) -> dict[str, np.ndarray]:
    """Run the tasks of a trial, each once, and return every step.

    Args:
        agent: Acts in the trial.
        trial: With `tasks`.
        suite: Of the trial.
        first: Index in the data set of the first of the trials.
        seed: Seed of the agent's draws.
        progress: See `eval.trials.runner.evaluate`.

    Returns:
        Arrays of `ARRAYS` by name, and of tabular suites the task's parameters.
    """
    tasks: Any = trial.tasks
    num_trials = len(tasks if isinstance(tasks, Tensor) else tasks[0])
    store = FrameStore()
    images = suite.spaces.image_shape is not None

    def watch(timestep: TimeStep, _carry: Any) -> dict[str, Any]:
        return {"seen": store.add(timestep.obs) if images else timestep.obs.clone()}

    log = evaluate(agent, trial, num_trials, seed, progress, watch)
    arrays = _of_steps(log, first)
    seen = log.watched["seen"]
    if images:
        arrays["frames"], arrays["frame"] = store.used(seen)
    else:
        arrays["state"] = seen
    if suite.has_success:
        mazes = [trial.sampler[task] for task in log.tasks.tolist()]  # type: ignore[index]
        arrays |= _of_mazes(log, mazes, suite)
    else:
        drawn = {"parameters": log.tasks} if isinstance(tasks, Tensor) else log.tasks._asdict()
        arrays |= {f"{TASK}{name}": field.cpu().numpy() for name, field in drawn.items()}
    return {
        name: array.astype(ARRAYS[name].dtype) if name in ARRAYS and name != "action" else array
        for name, array in arrays.items()
    }


def _of_steps(log: TrialLog, first: int) -> dict[str, np.ndarray]:
    """Arrays that every suite has."""
    num_trials, episodes = log.length.shape
    lengths = log.length.ravel()
    last = np.zeros(len(log.actions), bool)
    last[lengths.cumsum() - 1] = True
    won = np.repeat(log.success.ravel(), lengths)
    assert log.rewards is not None
    arrays = {
        "trial": np.repeat(np.arange(first, first + num_trials), log.length.sum(1)),
        "episode": np.repeat(np.tile(np.arange(episodes), num_trials), lengths),
        "action": log.actions,
        "reward": log.rewards,
        "terminated": last & won,
        "truncated": last & ~won,
        "length": log.length,
        "success": log.success,
    }
    return arrays if log.regret is None else arrays | {"regret": log.regret}


def _of_mazes(log: TrialLog, mazes: Sequence[Maze], suite: Any) -> dict[str, np.ndarray]:
    """Poses, mazes and shortest paths."""
    assert log.poses is not None
    episodes = log.length.shape[1]
    return {
        "pose": log.poses,
        "distance": distances_left(log, mazes),
        "shortest": suite.shortest_lengths(mazes),
        "task": log.tasks.cpu().numpy(),
        "walls": stack_padded([maze.walls for maze in mazes], fill=True),
        "starts": np.array([[maze.start(k) for k in range(episodes)] for maze in mazes]),
        "targets": targets_of(mazes, episodes),
        "texture_set": np.array([maze.texture_set for maze in mazes]),
    }


def distances_left(log: TrialLog, mazes: Sequence[Maze]) -> np.ndarray:
    """Cells on the shortest path from the player's cell to the target at each step, [S] int64."""
    assert log.poses is not None
    cells = cells_of(log.poses)
    left = np.empty(len(cells), np.int64)
    for index, maze in enumerate(mazes):
        by_target = {target: cell_distances(maze, target) for target in set(maze.targets)}
        for k in range(log.length.shape[1]):
            steps = log.steps(index, k)
            left[steps] = by_target[maze.target(k)][tuple(cells[steps].T)]
    return left


def write_shard(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a shard; the same arrays give the same bytes."""
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, whenever it is written
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open(entry, "w", force_zip64=True) as opened:
                np.lib.format.write_array(opened, np.ascontiguousarray(array), allow_pickle=False)


def read_shard(path: Path) -> dict[str, np.ndarray]:
    """Read a shard.

    Raises:
        UserError: It is missing or damaged, or its arrays do not fit together.
    """
    optional = [name for name in ARRAYS if name not in NEEDED]
    arrays = read_arrays(path, NEEDED, [*optional, *_task_names(path)])
    axes = {name: _axes(name, array) for name, array in arrays.items()}
    require_axes(path, arrays, axes)
    if "frame" in arrays and not _indexes(arrays["frame"], arrays.get("frames")):
        raise UserError(f"{path} is damaged: frame names frames that are not there")
    return arrays


def _axes(name: str, array: np.ndarray) -> Axes:
    """Axes of an array; those of a task's parameters are the task's own but for the first."""
    if name not in ARRAYS:
        return Axes(("N", *(f"{name} {i}" for i in range(1, array.ndim))), "biuf")
    entry = ARRAYS[name]
    return Axes(entry.axes.strip("[]").split(", "), KINDS[entry.dtype])


def _indexes(index: np.ndarray, of: np.ndarray | None) -> bool:
    if of is None or len(index) == 0:
        return of is not None
    return bool(index.min() >= 0 and index.max() < len(of))


def _task_names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
    except Exception:  # zipfile raises many kinds
        return []  # `read_arrays` says so
    return [name for name in names if name.startswith(TASK)]
