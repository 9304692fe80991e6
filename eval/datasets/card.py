"""The card of a data set: what was recorded, of which agent, and what the files hold."""

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...core.errors import UserError
from ...core.storage.files import naming
from ...core.storage.provenance import commit
from ...core.storage.schema import parse, read_json
from ...core.validation import LARGEST_COUNT
from .shards import ARRAYS, TASK

CARD = "card.json"
FORMAT = 1


@dataclass(frozen=True)
class Shard:
    """A file of the data set.

    Attributes:
        file: Its name.
        trials: N.
        steps: S.
        frames: U, different frames; 0 without frames.
        successes: Episodes that reached the target.
        bytes: Size.
        sha256: Checksum.
    """

    file: str
    trials: int
    steps: int
    frames: int
    successes: int
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path, arrays: dict[str, np.ndarray]) -> "Shard":
        """The entry of a written shard."""
        return cls(
            file=path.name,
            trials=len(arrays["length"]),
            steps=len(arrays["trial"]),
            frames=len(arrays.get("frames", ())),
            successes=int(arrays["success"].sum()),
            bytes=path.stat().st_size,
            sha256=checksum(path),
        )


@dataclass(frozen=True)
class DatasetCard:
    """Content of card.json.

    Attributes:
        format: Version of the files' layout.
        agent: Name of the agent, and its training where that is known.
        suite: Settings of the suite.
        engine: Simulator of the mazes.
        seed: Seed of the recording.
        greedy: Whether the most likely actions were taken.
        trials: N of the data set.
        episodes_per_trial: K.
        steps: S of the data set.
        success_rate: Share of episodes that reached the target; None where none can.
        arrays: Axes, dtype and meaning of each array, by name.
        shards: The files, in order of trial.
        versions: Of Python, numpy, torch and this project.
        commit: Of the recording code, see `core.storage.provenance.commit`.
    """

    format: int
    agent: dict[str, Any]
    suite: dict[str, Any]
    engine: str
    seed: int
    greedy: bool
    trials: int
    episodes_per_trial: int
    steps: int
    success_rate: float | None
    arrays: dict[str, dict[str, str]]
    shards: list[Shard]
    versions: dict[str, str]
    commit: str | None


def describe(
    request: dict[str, Any], suite: Any, shards: list[Shard], arrays: dict[str, np.ndarray]
) -> DatasetCard:
    """The card of a whole recording.

    Args:
        request: `agent`, `suite`, `engine`, `seed`, `greedy` and `trials`, as in the card.
        suite: Of the recording.
        shards: All of them.
        arrays: Of one shard; those of the others have the same names.
    """
    episodes = request["trials"] * suite.episodes_per_trial
    return DatasetCard(
        format=FORMAT,
        **request,
        episodes_per_trial=suite.episodes_per_trial,
        steps=sum(each.steps for each in shards),
        success_rate=(
            round(sum(each.successes for each in shards) / episodes, 4)
            if suite.has_success
            else None
        ),
        arrays=_described(arrays),
        shards=shards,
        versions={"python": platform.python_version(), "numpy": np.__version__}
        | {"torch": torch.__version__, "rl2-mazes": _version()},
        commit=commit(),
    )


def _described(arrays: dict[str, np.ndarray]) -> dict[str, dict[str, str]]:
    """Axes, dtype and meaning of some arrays."""
    found = {name: each._asdict() for name, each in ARRAYS.items() if name in arrays}
    for name, array in arrays.items():
        if name.startswith(TASK):
            axes = ", ".join(("N", *map(str, array.shape[1:])))
            meaning = "parameter of the task"
            found[name] = {"axes": f"[{axes}]", "dtype": str(array.dtype), "meaning": meaning}
    return found


def read_card(folder: Path) -> DatasetCard:
    """Read the card of a data set.

    Raises:
        UserError: There is none, it is damaged, or of another format.
    """
    if not (folder / CARD).is_file():
        raise UserError(f"{folder} holds no data set ({CARD} is missing); rl2 record writes one")
    plain = read_json(folder / CARD)
    if isinstance(plain, dict) and plain.get("format") != FORMAT:
        raise UserError(
            f"{folder / CARD} has format {plain.get('format')!r}, not {FORMAT}; record it again, "
            "or read it with the version that wrote it"
        )
    card: DatasetCard = parse(DatasetCard, plain, str(folder / CARD))
    for shard in card.shards:
        if Path(shard.file).name != shard.file:
            raise UserError(f"{folder / CARD} names {shard.file!r}, which is not beside it")
        if not 0 < shard.trials <= LARGEST_COUNT:
            raise UserError(f"{folder / CARD} is damaged: {shard.file} has {shard.trials} trials")
    return card


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with naming(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_whole(folder: Path, shards: Iterable[Shard]) -> None:
    """Raise a `UserError` unless the files have their checksums."""
    for shard in shards:
        if checksum(folder / shard.file) != shard.sha256:
            raise UserError(
                f"{folder / shard.file} is damaged (its checksum differs from the card's); "
                "record the data set again"
            )


def _version() -> str:
    try:
        return metadata.version("rl2-mazes")
    except metadata.PackageNotFoundError:
        return "not installed"
