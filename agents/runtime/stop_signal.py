"""Signals that ask a training to stop: Ctrl-C, a kill, a closed terminal."""

import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class StopSignal:
    """Context in which the first of `SIGNALS` is a request, and the second one interrupts.

    Attributes:
        requested: Whether to stop after the current iteration.
    """

    def __init__(self):
        self.requested = False
        self._before = {}

    def _handle(self, number, _frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print(
            "\nstopping after this iteration, with a checkpoint; once more to stop at once",
            file=sys.stderr,
        )

    def __enter__(self) -> "StopSignal":
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
