"""A bell: nobody sleeps through it, no byte is sent to who is awake, and a closed end is seen."""

import socket
import threading

import numpy as np
import pytest

from rl2_mazes.mazes.doom import bell
from rl2_mazes.mazes.doom.bell import Bell


@pytest.fixture
def ends():
    """Both ends of a bell: who rings, who waits; and the socket of the second."""
    number, asleep = np.zeros(1, np.int64), np.zeros(1, np.bool_)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(10)
        yield Bell(number, asleep, ours), Bell(number, asleep, theirs), theirs


def has_bytes(line):
    line.setblocking(False)
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def wait(waits, number):
    there = waits.look(number)
    while not there:
        assert waits.sleep(number), "the other end is closed"
        there = waits.has_reached(number)


def test_who_is_awake_gets_no_byte(ends, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", 10)
    rings, waits, line = ends
    assert not waits.look(1)
    rings.ring(1)
    assert waits.look(1)
    assert not waits.look(2)
    assert not has_bytes(line)


@pytest.mark.parametrize("looks", [0, 1, 1000])
def test_who_sleeps_is_woken(ends, looks, monkeypatch):
    """Two threads take turns; with a lost ring the socket's timeout ends the test."""
    monkeypatch.setattr(bell, "LOOKS", looks)
    there, waits, line = ends
    number, asleep = np.zeros(1, np.int64), np.zeros(1, np.bool_)
    back = Bell(number, asleep, line)
    home = Bell(number, asleep, there._line)
    there._line.settimeout(10)

    def answer():
        for n in range(1, 301):
            wait(waits, n)
            back.ring(n)

    thread = threading.Thread(target=answer)
    thread.start()
    for n in range(1, 301):
        there.ring(n)
        wait(home, n)
    thread.join(10)
    assert not thread.is_alive()


def test_a_ring_before_sleep_is_not_slept_through(ends, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", 1)
    rings, waits, line = ends
    line.settimeout(0.01)
    assert not waits.look(1)
    rings.ring(1)  # it is awake: no byte
    assert waits.sleep(1)
    with pytest.raises(TimeoutError):
        waits.sleep(2)


def test_a_byte_too_many_wakes_for_nothing(ends, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", 1)
    rings, waits, _ = ends
    rings._line.send(bell.BYTE)
    assert waits.sleep(1)
    assert not waits.has_reached(1)


def test_an_interrupted_sleeper_counts_as_awake_again(ends, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", 1)
    rings, waits, line = ends
    waits._asleep[0] = True  # killed before it could say so
    waits.look(1)
    rings.ring(1)
    assert not has_bytes(line)


def test_nobody_waits_for_an_end_that_does_not_read(ends, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", 1)
    rings, waits, line = ends
    waits._asleep[0] = True

    def nudge():
        for _ in range(2000):  # more than the socket holds
            rings.nudge()
        rings.ring(1)

    thread = threading.Thread(target=nudge, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert has_bytes(line)


@pytest.mark.parametrize("looks", [0, 1])
def test_a_closed_end(ends, looks, monkeypatch):
    monkeypatch.setattr(bell, "LOOKS", looks)
    rings, waits, line = ends
    waits._asleep[0] = True
    line.close()
    with pytest.raises(BrokenPipeError):
        rings.ring(1)


def test_a_closed_end_wakes_the_other(ends):
    rings, waits, _ = ends
    rings._line.close()
    assert not waits.sleep(1)
