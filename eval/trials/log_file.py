"""Trials on disk: every episode's numbers and every step's action and pose, for other analyses."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch

from .runner import TrialLog

EPISODES = ("length", "success", "episode_return")  # [N, K] each
OPTIONAL = ("poses", "shortest", "tasks")


def save_log(path: Path, log: TrialLog, shortest: np.ndarray) -> None:
    """Writes a log of mazes as .npz.

    Args:
        path: Of the file; its folder must exist.
        log: Its tasks are indices into the set of mazes.
        shortest: [N, K] int64, steps of the shortest way (see `mazes.planning.shortest_paths`).
    """
    arrays = {name: getattr(log, name) for name in (*EPISODES, "actions")}
    arrays |= {"tasks": np.asarray(log.tasks.cpu()), "shortest": shortest}
    if log.poses is not None:
        arrays["poses"] = log.poses
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load_log(path: Path) -> tuple[TrialLog, np.ndarray | None]:
    """Reads what `save_log` wrote.

    Returns:
        The log, and the steps of the shortest ways [N, K]; None in files from before they were
        stored. Those do not name the tasks either: trial i ran on maze i, as it still does.

    Raises:
        ValueError: The file is missing, damaged or only half there.
    """
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            arrays = {name: file[name] for name in (*EPISODES, "actions")}
            arrays |= {name: file[name] for name in OPTIONAL if name in file}
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or half-written ({type(error).__name__})") from error
    _require_aligned(path, arrays)
    tasks = arrays.get("tasks", np.arange(len(arrays["length"])))
    log = TrialLog(
        **{name: arrays[name] for name in EPISODES},
        tasks=torch.from_numpy(tasks),
        actions=arrays["actions"],
        poses=arrays.get("poses"),
    )
    return log, arrays.get("shortest")


def _require_aligned(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An error unless all arrays speak of the same trials and steps."""
    length = arrays["length"]
    steps = int(length.sum())
    shapes = {name: length.shape for name in (*EPISODES, "shortest")}
    shapes |= {"actions": (steps,), "poses": (steps, 3), "tasks": length.shape[:1]}
    for name, array in arrays.items():
        if array.shape != shapes[name]:
            raise ValueError(
                f"{path} is damaged: {name} has the shape {array.shape}, not {shapes[name]}"
            )
