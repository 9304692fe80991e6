"""A training and evaluations of its agent under faults, with an account of all of them."""

import json
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rl2_mazes.benchmarks.harness.timing import say
from rl2_mazes.eval.trials.log_file import TrialRecord, load_log

from . import settings
from .account import Litter, Readings, Updates, num_changed
from .injector import Injector
from .processes import naming, num_engines
from .program import POLL, Program

SUSPICIOUS = 120.0  # seconds without progress that count as a hang
GRACE = 10.0  # seconds in which files and processes of a program that has ended must go
WARM_UP = 10  # updates of a process before its files and memory are read
STOPPED = 130  # exit code of a training that was asked to stop


class Endurance:
    """One training and evaluations of its first agent.

    Attributes:
        injector: Of the faults.
        updates: Of the training.
        counts: Trials, and whatever went wrong.

    Args:
        place: Empty folder.
        suite: Preset of the suite.
        trials: Trials of an evaluation.
        pause: Mean time between faults, seconds.
        rng: Draws faults and pauses.
        over: Whether to inject no more faults; called after each pause.
    """

    def __init__(
        self,
        place: Path,
        suite: str,
        trials: int,
        pause: float,
        rng: random.Random,
        over: Callable[["Endurance"], bool],
    ):
        self.injector = Injector(rng)
        self.updates = Updates(place / "run", settings.STEPS)
        self.counts: Counter[str] = Counter()
        self._place = place
        self._suite = suite
        self._trials = trials
        self._pause = pause
        self._rng = rng
        self._over = over
        self._readings = Readings()
        self._agent = place / "agent.safetensors"
        self._undisturbed: TrialRecord | None = None
        self._temporary = place / "temporary"
        self._temporary.mkdir()
        self._litter = Litter(self._temporary)

    def begin(self) -> None:
        """Train the first agent and evaluate it, undisturbed."""
        arguments = settings.training(self._place / "run", self._suite)
        with self._program("agents.train", arguments) as program:
            self._wait(program, lambda: self.updates.newest() > 0)
            self._stop(program)
        self._end_of_training(program)
        folders = (self._place / "run" / "checkpoints").glob("step_*")
        shutil.copy(max(folders) / "weights.safetensors", self._agent)
        self.evaluate(faults=0)

    def train(self, faults: int) -> None:
        """Train under so many faults, resuming after kills; then stop with a checkpoint."""
        until = self.injector.total + faults
        while self.injector.total < until and not self._over(self):
            arguments = settings.training(self._place / "run", self._suite)
            with self._program("agents.train", arguments) as program:
                self._disturb_training(program, until)
            self._end_of_training(program)

    def evaluate(self, faults: int) -> None:
        """Evaluate the first agent, at first under so many faults; it must do as undisturbed."""
        output = self._place / "evaluation"
        arguments = settings.evaluation(self._agent, output, self._trials)
        with self._program("eval.evaluate", arguments) as program:
            self._disturb_evaluation(program, self.injector.total + faults)
        self._judge(program, (0,))
        self.counts["trials"] += self._trials
        if program.exitcode != 0:
            self.counts["trials_lost"] += self._trials
            return
        record = load_log(output / "trials.npz")
        results = json.loads((output / "results.json").read_text(encoding="utf-8"))
        self.counts["trials_lost"] += self._trials - len(record.log.length)
        self.counts["trials_restarted"] += results["restarted_trials"]
        self._undisturbed = self._undisturbed or record
        self.counts["trials_changed"] += num_changed(self._undisturbed.log, record.log)
        shutil.rmtree(output)

    def left_behind(self) -> list[str]:
        """Files and processes that remain after all programs have ended."""
        end = time.monotonic() + GRACE
        while True:
            left = [*self._litter.files(), *map(str, naming(self._temporary))]
            if not left or time.monotonic() > end:
                return left
            time.sleep(POLL)

    def figures(self) -> dict[str, float]:
        """The account; `litter` is up to `left_behind`."""
        counted = ("trials", "trials_lost", "trials_changed", "trials_restarted")
        counted += ("tracebacks", "hangs", "gave_up")
        return {
            "faults": self.injector.total,
            **self.updates.figures(),
            **{name: self.counts[name] for name in counted},
            **self._readings.growth(),
        }

    def _program(self, module: str, arguments: list[str]) -> Program:
        return Program(module, arguments, self._temporary, self._place / f"{module}.log")

    def _disturb_training(self, program: Program, until: int) -> None:
        before = newest = self.updates.newest()
        self._disturb_start(program)
        self._wait(program, lambda: self.updates.newest() > before)
        since = time.monotonic()
        while self.injector.total < until and not self._over(self):
            program.wait(self._rng.uniform(0, 2 * self._pause))
            if program.exitcode is not None:
                return
            self.injector.strike(program, may_kill=True)
            if self.updates.newest() > newest:
                newest, since = self.updates.newest(), time.monotonic()
            if time.monotonic() > since + SUSPICIOUS:
                self.counts["hangs"] += 1
                return
            if newest > before + WARM_UP * settings.STEPS:
                self._readings.take(program.pid)
        self._stop(program)

    def _disturb_evaluation(self, program: Program, until: int) -> None:
        if self.injector.total < until:
            self._disturb_start(program)
            self._wait(program, lambda: num_engines(program.pid) == settings.NUM_ENVS)
        while self.injector.total < until and program.exitcode is None and not self._over(self):
            program.wait(self._rng.uniform(0, 2 * self._pause))
            self.injector.strike(program, may_kill=False)
        self.counts["hangs"] += not program.wait(SUSPICIOUS + self._trials)

    def _disturb_start(self, program: Program) -> None:
        """Every other time, inject a fault while the first workers and engines start."""
        if self._rng.random() < 0.5 and not self._over(self):
            self.injector.strike_start(program)

    def _wait(self, program: Program, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds or the program has ended; too long counts as a hang."""
        end = time.monotonic() + SUSPICIOUS
        while not condition() and not program.wait(POLL):
            if time.monotonic() > end:
                self.counts["hangs"] += 1
                return

    def _stop(self, program: Program) -> None:
        program.send(signal.SIGTERM)
        self.counts["hangs"] += not program.wait(SUSPICIOUS)

    def _end_of_training(self, program: Program) -> None:
        self.updates.end_of_process(program.output)
        self._judge(program, (STOPPED, -signal.SIGKILL))

    def _judge(self, program: Program, good_codes: tuple[int, ...]) -> None:
        """Count the tracebacks of a program that has ended, and whether it gave up."""
        self.counts["tracebacks"] += "Traceback" in program.output
        if program.exitcode not in good_codes:
            self.counts["gave_up"] += 1
            last = program.output.strip().rpartition("\n")[2]
            say(f"a program ended with {program.exitcode}: {last}")
