"""An account of faults: what a training and its evaluations lost, and what was left behind."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rl2_mazes.core.storage.schema import read_json_lines
from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.doom.cleanup import SHARED_FOLDER, unmapped

from .processes import open_files, resident_mb

KEPT = "torchinductor_"  # torch's folder of compiled kernels, one per user
RESUMED = re.compile(r"resuming from ([\d,]+) steps")


class Updates:
    """Updates of a training that is killed and resumed.

    An update counts as lost if a training resumes from before the newest checkpoint, and if the
    log lacks it or has it twice.

    Attributes:
        lost_at_resuming: Updates behind checkpoints that a resumed training went back on.

    Args:
        run: Folder of the run.
        steps: Agent steps of an update.
    """

    def __init__(self, run: Path, steps: int):
        self._run = run
        self._steps = steps
        self._saved = 0
        self.lost_at_resuming = 0

    def end_of_process(self, output: str) -> None:
        """Compare the steps that a process resumed from with those saved before it; it is gone.

        Args:
            output: Text that the process printed.
        """
        resumed = RESUMED.search(output)
        if resumed:
            steps = int(resumed[1].replace(",", ""))
            self.lost_at_resuming += max(0, self._saved - steps) // self._steps
        elif self._saved and self.newest() < self._saved:
            self.lost_at_resuming += (self._saved - self.newest()) // self._steps
        self._saved = self.newest()

    def newest(self) -> int:
        """Agent steps of the newest checkpoint; 0 if there is none."""
        folders = (self._run / "checkpoints").glob("step_*")
        return max((int(each.name.removeprefix("step_")) for each in folders), default=0)

    def figures(self) -> dict[str, int]:
        """Updates, lost ones, and figures of the log that are not finite."""
        lines: list[dict[str, Any]] = read_json_lines(self._run / "metrics.jsonl")
        logged = [line["steps"] // self._steps for line in lines]
        done = max([*logged, self.newest() // self._steps], default=0)
        missing = done - len(set(logged))
        return {
            "updates": done,
            "lost_updates": self.lost_at_resuming + missing + len(logged) - len(set(logged)),
            "not_finite": sum(not_finite(value) for line in lines for value in line.values()),
        }


def not_finite(value: Any) -> bool:
    """Whether a figure is NaN or infinite."""
    return isinstance(value, float) and not math.isfinite(value)


def num_changed(before: TrialLog, after: TrialLog) -> int:
    """Number of trials of the first log whose actions are not those of the second."""
    episodes = before.length.shape[1]
    return sum(
        not all(
            np.array_equal(before.actions[before.steps(i, k)], after.actions[after.steps(i, k)])
            for k in range(episodes)
        )
        for i in range(min(len(before.length), len(after.length)))
    )


class Readings:
    """Open files and memory of processes while they run."""

    def __init__(self):
        self._files: dict[int, list[float]] = {}
        self._memory: dict[int, list[float]] = {}

    def take(self, pid: int) -> None:
        """Read those of a process, unless it has ended."""
        for readings, value in (
            (self._files, open_files(pid)),
            (self._memory, resident_mb(pid)),
        ):
            if value is not None:
                readings.setdefault(pid, []).append(value)

    def growth(self) -> dict[str, float]:
        """The most that any process has grown by, see `growth`."""
        return {
            "open_files_growth": max(map(growth, self._files.values()), default=0),
            "memory_growth_mb": round(max(map(growth, self._memory.values()), default=0), 1),
        }


def growth(readings: Sequence[float]) -> float:
    """Growth from the first third of a process's readings to the last, by the least of each.

    The least, because a replacement that is under way holds files and memory for a moment.
    """
    third = len(readings) // 3
    return max(0, min(readings[-third:]) - min(readings[:third])) if third else 0


class Litter:
    """Files that were not there before: temporary ones, and engines' shared memory in no use.

    Args:
        temporary: Folder that the programs have for their temporary files, empty so far.
    """

    def __init__(self, temporary: Path):
        self._temporary = temporary
        self._before = set(SHARED_FOLDER.glob("*"))

    def files(self) -> list[str]:
        """Those that are there now."""
        shared = set(SHARED_FOLDER.glob("*")) & unmapped() - self._before
        temporary = (each for each in self._temporary.iterdir() if not each.name.startswith(KEPT))
        return sorted(map(str, [*shared, *temporary]))
