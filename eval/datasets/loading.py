"""A data set read back: a sequence of trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np

from ...core.errors import UserError
from .card import DatasetCard, read_card, require_whole
from .shards import ARRAYS, STEP, read_shard

OBSERVATION = ("frame", "frames", "state")
PER_STEP = [name for name, each in ARRAYS.items() if each.axes.startswith(STEP[:2])]
NAMED = ("episode", "action", "reward", "terminated", "truncated", "pose", "distance", "regret")


@dataclass(frozen=True, eq=False)
class RecordedTrial:
    """A trial of K episodes with T steps in total.

    Attributes:
        observation: [T, H, W, 3] uint8 frames, or [T] int32 states, before each action.
        action: [T] uint8, int32 if there are more than 256.
        reward: [T] float32, of the action.
        terminated: [T] bool, the action ended the episode at the target.
        truncated: [T] bool, the action ended the episode at the horizon.
        episode: [T] int32, from 0.
        pose: [T, 3] float32, x and y in map units and angle in degrees; in mazes only.
        distance: [T] int32, cells on the shortest path to the target; in mazes only.
        regret: [T] float32, see `eval.trials.runner.TrialLog`; in tabular suites only.
        task: Arrays of the trial as a whole by name: `length`, `success`, `shortest`, `walls`,
            `starts`, `targets` and others, see the card.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    episode: np.ndarray
    pose: np.ndarray | None = None
    distance: np.ndarray | None = None
    regret: np.ndarray | None = None
    task: dict[str, np.ndarray] = field(default_factory=dict)


class Dataset(Sequence[RecordedTrial]):
    """Trials of `rl2 record`, read a file at a time.

    Attributes:
        folder: Of the data set.
        card: See `eval.datasets.card.DatasetCard`.

    Args:
        folder: Of the data set.

    Raises:
        UserError: It is no data set, or a file is missing or damaged.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.card: DatasetCard = read_card(self.folder)
        require_whole(self.folder, self.card.shards)
        self._firsts = np.cumsum([0, *(each.trials for each in self.card.shards)])
        self._open: tuple[int, dict[str, np.ndarray]] | None = None

    def __len__(self) -> int:
        return int(self._firsts[-1])

    @overload
    def __getitem__(self, index: int) -> RecordedTrial: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedTrial]: ...
    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"trial {index} of a data set with {len(self)}")
        index %= len(self)
        shard = int(np.searchsorted(self._firsts, index, side="right")) - 1
        arrays = self.shard(shard)
        row = index - int(self._firsts[shard])
        steps = arrays["length"].sum(1).cumsum()
        span = slice(int(steps[row - 1]) if row else 0, int(steps[row]))
        return RecordedTrial(
            observation=_observation(arrays, span),
            **{name: arrays[name][span] for name in NAMED if name in arrays},
            task={
                name: array[row]
                for name, array in arrays.items()
                if name not in PER_STEP and name not in OBSERVATION
            },
        )

    def shard(self, index: int) -> dict[str, np.ndarray]:
        """All arrays of a file, see `eval.datasets.shards.ARRAYS`; the last one read is kept."""
        if self._open is None or self._open[0] != index:
            shard = self.card.shards[index]
            arrays = read_shard(self.folder / shard.file)
            if len(arrays["length"]) != shard.trials:
                raise UserError(
                    f"{self.folder / shard.file} has {len(arrays['length'])} trials, the card says "
                    f"{shard.trials}; record the data set again"
                )
            self._open = index, arrays
        return self._open[1]


def _observation(arrays: dict[str, np.ndarray], span: slice) -> np.ndarray:
    if "state" in arrays:
        return arrays["state"][span]
    return arrays["frames"][arrays["frame"][span]]
