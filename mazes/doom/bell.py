"""A bell between two processes: a number in shared memory, and a socket to sleep on.

To wake a process on another core takes about as long as a tic of an engine. So the process that
waits looks at the number for a while, and offers its core to others after every look, before it
sleeps. The one that rings sends a byte only if the other sleeps.
"""

import contextlib
import os
import platform
import socket

import numpy as np

BYTE = b"."
# On x86, a process sees what another wrote before it rang. Elsewhere a message has to pass between
# them, and nobody looks.
LOOKS = 1000 if platform.machine() in ("x86_64", "AMD64") else 0


class Bell:
    """One end of a bell; one process rings, another waits.

    Args:
        number: [1] int64, shared; rises with every ring.
        asleep: [1] bool, shared; whether the process that waits has to be woken.
        line: Socket to the other end.
    """

    def __init__(self, number: np.ndarray, asleep: np.ndarray, line: socket.socket):
        self._number, self._asleep, self._line = number, asleep, line

    def ring(self, number: int) -> None:
        """Shows the other end a greater number.

        Raises:
            OSError: A byte was to be sent, and the other process has ended.
        """
        self._number[0] = number
        self.nudge()

    def nudge(self) -> None:
        """Wakes the other end if it sleeps.

        An end that falls asleep while the other rings may miss it: each may see the state of the
        other as it was just before. The pool therefore nudges a worker that is silent.

        Raises:
            OSError: As for `ring`.
        """
        if self._asleep[0] or not LOOKS:
            with contextlib.suppress(BlockingIOError):  # full of bytes that will wake it
                self._line.send(BYTE, socket.MSG_DONTWAIT)

    def has_reached(self, number: int) -> bool:
        """Whether the other end has rung with this number, or a greater one."""
        return bool(self._number[0] >= number)

    def look(self, number: int) -> bool:
        """Waits a while for a number, without sleep; returns whether it came."""
        self._asleep[0] = False  # of a wait that was interrupted
        for _ in range(LOOKS):
            if self.has_reached(number):
                return True
            os.sched_yield()
        return False

    def sleep(self, number: int) -> bool:
        """Sleeps until it is woken, perhaps for nothing; returns whether the other end is there.

        Raises:
            BlockingIOError: The socket's timeout has passed.
            ConnectionResetError: The other process has ended.
        """
        self._asleep[0] = True
        try:
            # The other end may have rung before it could see that this one sleeps.
            return bool((LOOKS and self.has_reached(number)) or self._line.recv(1))
        finally:
            self._asleep[0] = False
