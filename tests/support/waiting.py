"""Waiting for other processes."""

import time

GIVE_UP = 300.0  # seconds; far above what a slow machine takes, so that only a deadlock fails


def wait_for(condition):
    """Return once the condition holds."""
    end = time.monotonic() + GIVE_UP
    while not condition():
        assert time.monotonic() < end, f"not within {GIVE_UP:.0f} s"
        time.sleep(0.05)
