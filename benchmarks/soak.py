"""Endurance of trainings and evaluations whose processes are killed and stopped at random.

    rl2 bench soak minutes=10
    rl2 bench soak minutes=100 faults=1000 seed=1

Trains on mazes in the engine and evaluates, by turns. Meanwhile it kills (SIGKILL) and stops
(SIGSTOP) engines, workers, the training and the evaluation at random, also while they start. The
same command resumes a killed training. Evaluations take greedy actions, and each is compared with
an undisturbed one.

The last line is one JSON object, and the exit code is 1 if any of `MUST_BE_ZERO` is not 0:

    faults, kinds        faults, in all and by kind
    updates              of the training, over all its processes
    lost_updates         saved ones that a resumed training went back on; missing or double ones
    not_finite           figures of the training that are NaN or infinite
    trials, trials_lost  of all evaluations; those without a result
    trials_changed       those with other actions than undisturbed
    trials_restarted     those that began again because their engine died
    litter               files left in /dev/shm and in the temporary folder, and processes
    open_files_growth    the most that any training process gained while it ran
    memory_growth_mb     the same, MB in RAM
    tracebacks, hangs    of programs
    gave_up              programs that ended by themselves
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench soak")

import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# The programs, which are forked from this process once they are imported:
import rl2_mazes.agents.train
import rl2_mazes.eval.evaluate  # noqa: F401
from rl2_mazes.benchmarks.faults.endurance import Endurance
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import say
from rl2_mazes.core.validation import count, positive, seed

MUST_BE_ZERO = ("lost_updates", "not_finite", "trials_lost", "trials_changed", "litter")
MUST_BE_ZERO += ("open_files_growth", "tracebacks", "hangs", "gave_up")
REPORT = 10.0  # seconds between lines of progress


@dataclass
class SoakConfig:
    """Keys of `rl2 bench soak`.

    Attributes:
        minutes: Duration.
        faults: Number of faults after which it ends earlier; null means any number.
        pause: Mean time between faults, seconds.
        suite: Suite of mazes.
        phase: Faults in the training between two evaluations, and in each evaluation; it then
            runs undisturbed to its end.
        trials: Trials of an evaluation.
        seed: Seed of the faults.
    """

    minutes: float = positive(10.0)
    faults: int | None = count(None)
    pause: float = positive(0.5)
    suite: str = "mazes/grid_small"
    phase: int = count(30)
    trials: int = count(100)
    seed: int = seed(0)


class Clock:
    """Tells when to end, and prints progress when asked."""

    def __init__(self, settings: SoakConfig):
        self._settings = settings
        self._began = self._reported = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def is_over(self, endurance: Endurance) -> bool:
        """Whether the time is up, or enough faults were injected."""
        faults = endurance.injector.total
        if time.monotonic() > self._reported + REPORT:
            self._reported = time.monotonic()
            kills = endurance.injector.counts["kill_program"]
            say(
                f"{self.seconds:.0f} s: {faults} faults, {kills} of them kills of the training; "
                f"saved {endurance.updates.newest():,} steps, {endurance.counts['trials']} trials"
            )
        limit = self._settings.faults
        return self.seconds > 60 * self._settings.minutes or (limit is not None and faults >= limit)


def main() -> int:
    """Run, print the account."""
    settings = arguments.read(SoakConfig)
    clock = Clock(settings)
    with tempfile.TemporaryDirectory(prefix="rl2-soak-") as place:
        endurance = Endurance(
            Path(place),
            settings.suite,
            settings.trials,
            settings.pause,
            random.Random(settings.seed),
            clock.is_over,
        )
        endurance.begin()
        while not clock.is_over(endurance):
            endurance.train(settings.phase)
            endurance.evaluate(settings.phase)
        left = endurance.left_behind()
        for each in left:
            say(f"left behind: {each}")
        figures = endurance.figures() | {"litter": len(left)}
    kinds = dict(sorted(endurance.injector.counts.items()))
    print(json.dumps({**figures, "seconds": round(clock.seconds), "kinds": kinds}))
    return int(any(figures[name] for name in MUST_BE_ZERO))
