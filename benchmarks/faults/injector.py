"""Random faults: engines, workers and programs are killed and stopped, also while they start."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

from .processes import ENGINE, WORKER, Found, workers_and_engines
from .program import POLL, Program

WEIGHTS = {  # how often each kind is drawn
    "kill_engine": 8,
    "stop_engine": 2,
    "kill_worker": 4,
    "stop_worker": 1,
    "kill_start": 3,
    "stop_program": 1,
    "kill_program": 3,
}
START = 0.4  # longest delay, seconds, between the beginning of a process and a fault in its start
APPEARS = 5.0  # seconds in which a replacement must begin
PAUSE = 1.0  # longest stop of a program that then runs on, seconds


class Injector:
    """Draws faults and counts those that hit a process.

    No worker is killed more than twice before it has started an engine: after four such deaths a
    pool gives up, as it should.

    Attributes:
        counts: Number of faults by kind.

    Args:
        rng: Draws kinds, victims and delays.
    """

    def __init__(self, rng: random.Random):
        self.counts: Counter[str] = Counter()
        self._rng = rng

    @property
    def total(self) -> int:
        """Number of faults so far."""
        return self.counts.total()

    def strike(self, program: Program, may_kill: bool) -> str | None:
        """Inject a fault into a running program or the processes below it.

        Args:
            program: The victim.
            may_kill: Whether the program itself may be killed.

        Returns:
            The kind; None if there was no victim of the kind that was drawn.
        """
        kinds = [kind for kind in WEIGHTS if may_kill or kind != "kill_program"]
        kind = self._rng.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
        if kind == "kill_program":
            program.kill()
            return self._count(kind)
        if kind == "stop_program":
            program.send(signal.SIGSTOP)
            time.sleep(self._rng.uniform(0, PAUSE))
            program.send(signal.SIGCONT)
            return self._count(kind)
        found = workers_and_engines(program.pid)
        if kind == "kill_start":
            ready = all(each.started for each in found if each.kind == WORKER)
            return self.strike_start(program) if ready else None
        what = ENGINE if kind.endswith(ENGINE) else WORKER
        victims = [each for each in found if each.kind == what and each.started]
        how = signal.SIGKILL if kind.startswith("kill") else signal.SIGSTOP
        return self._count(kind) if self._hit(victims, how) else None

    def strike_start(self, program: Program) -> str | None:
        """Kill a worker or an engine that is starting; make one start if none is."""
        before = workers_and_engines(program.pid)
        if hit := self._hit([each for each in before if each.started], signal.SIGKILL):
            self._count(f"kill_{hit.kind}")
        known = {each.pid for each in before if each.age > START}
        end = time.monotonic() + APPEARS
        while program.exitcode is None and time.monotonic() < end:
            fresh = [each for each in workers_and_engines(program.pid) if each.pid not in known]
            if fresh:
                time.sleep(self._rng.uniform(0, START))
                return self._count("kill_start") if self._hit(fresh, signal.SIGKILL) else None
            time.sleep(POLL)
        return None

    def _hit(self, victims: list[Found], how: signal.Signals) -> Found | None:
        """One of the processes, with a signal sent to it; None if there is none any more."""
        with suppress(ProcessLookupError, IndexError):
            victim = self._rng.choice(victims)
            os.kill(victim.pid, how)
            return victim
        return None

    def _count(self, kind: str) -> str:
        self.counts[kind] += 1
        return kind
