"""A data set as a Minari dataset (https://minari.farama.org), for libraries of offline learning.

A trial is one episode of Minari, as it is in our gymnasium environments, and observations have
their keys: image, prev_action, prev_reward, prev_done. Minari wants one observation more than
actions. Nothing is seen after a trial, so that the last image is repeated.
"""

import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import UserError
from ...core.storage.files import naming
from ..adapters.observations import IMAGE
from .card import DatasetCard
from .loading import Dataset, RecordedTrial
from .players import Player
from .writing import record, require_absent

MINARI = "minari"
ROOT = "MINARI_DATASETS_PATH"


def require_minari() -> None:
    """Raise a `UserError` unless Minari is installed."""
    try:
        for name in (MINARI, "h5py"):  # h5py writes its files
            import_module(name)
    except ImportError as error:
        raise UserError(
            f"format=minari needs {error.name}, which is not installed: "
            "pip install 'rl2-mazes[minari]', or leave format out"
        ) from error


def minari_name(agent: str, suite: Any) -> str:
    """Minari's name of a data set, such as rl2/walk_small/oracle-v0."""
    name = re.sub(r"[^\w]+", "_", agent).strip("_")
    return f"rl2/{suite.name}/{name}-v0"


def record_minari(
    player: Player, suite: Any, folder: Path, *arguments: Any, progress: bool = False
) -> DatasetCard:
    """Record trials as `eval.datasets.writing.record` does, and write them for Minari.

    Args:
        player: See there.
        suite: Of mazes.
        folder: Root of Minari datasets; must not exist. MINARI_DATASETS_PATH is set to it for
            `minari.load_dataset(minari_name(...))`.
        arguments: Further ones of `record`.
        progress: See there.

    Raises:
        UserError: Minari is not installed, the suite has no images, or see `record`.
    """
    if suite.spaces.image_shape is None:
        raise UserError(f"format=minari is for mazes; the suite is {suite.kind}: leave it out")
    if player.history:
        raise UserError(
            "format=minari has no place for the steps of training behind a trial, and "
            f"{player.name} is the history of a training: leave format out"
        )
    require_minari()
    require_absent(folder)
    recorded = folder.with_name(f".{folder.name}.npz")
    shutil.rmtree(recorded, ignore_errors=True)  # of a recording that failed below
    record(player, suite, recorded, *arguments, progress=progress)
    partial = folder.with_name(f".{folder.name}.minari")
    shutil.rmtree(partial, ignore_errors=True)
    dataset = Dataset(recorded)
    with naming(folder):
        partial.mkdir(parents=True)
        export(dataset, partial, minari_name(player.name, suite))
        partial.rename(folder)
    shutil.rmtree(recorded)
    return dataset.card


def export(dataset: Dataset, root: Path, name: str) -> None:
    """Write a data set of mazes below a root of Minari datasets.

    Args:
        dataset: To write.
        root: See `record_minari`.
        name: Minari's name of it.
    """
    import gymnasium

    from ...mazes.gym.batch import NO_ACTION, observation_space

    with _root(root), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no author, e-mail or environment is named
        _minari().create_dataset_from_buffers(
            name,
            [_buffer(trial, index, NO_ACTION) for index, trial in enumerate(dataset)],
            observation_space=observation_space(dataset[0].observation.shape[1:]),
            action_space=gymnasium.spaces.Discrete(NO_ACTION),
            algorithm_name=str(dataset.card.agent["name"]),
            description=f"Trials on {dataset.card.suite['kind']}, recorded by rl2 record.",
            jpeg_encoding=False,
        )


def _buffer(trial: RecordedTrial, index: int, no_action: int) -> Any:
    """A trial as an episode of Minari."""
    image, action = trial.observation, trial.action.astype(np.int64)
    ended = trial.terminated | trial.truncated
    infos = {
        each.name: np.concatenate((value, value[-1:]))
        for each in fields(trial)
        if each.name in ("episode", "pose", "distance")
        and (value := getattr(trial, each.name)) is not None
    }
    last = np.arange(len(action)) == len(action) - 1
    return _minari().data_collector.EpisodeBuffer(
        id=index,
        observations={
            IMAGE: np.concatenate((image, image[-1:])),
            "prev_action": np.concatenate(([no_action], action)),
            "prev_reward": np.concatenate(([0.0], trial.reward)).astype(np.float32)[:, None],
            "prev_done": np.concatenate(([0], ended)).astype(np.int64),
        },
        actions=action,
        rewards=trial.reward,
        terminations=last,  # of the trial, whose other episodes end before
        truncations=np.zeros_like(last),
        infos=infos,
    )


def _minari() -> Any:
    return import_module(MINARI)


@contextmanager
def _root(folder: Path) -> Iterator[None]:
    """Let Minari write below a folder."""
    before = os.environ.get(ROOT)
    os.environ[ROOT] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[ROOT]
        else:
            os.environ[ROOT] = before
