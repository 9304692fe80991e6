"""Engines and workers that die or hang."""

import mmap
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from support.processes import is_gone, is_stopped, wait_for

from rl2_mazes.core.errors import SimulatorError
from rl2_mazes.mazes.doom import cleanup, worker_handle
from rl2_mazes.mazes.doom.pool import DoomPool, EngineSettings
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet

EVERYONE = torch.ones(4, dtype=torch.bool)
TWO_WORKERS = EngineSettings(num_workers=2, hang_timeout=1.0)  # environments 0, 1 and 2, 3
RULES = MazeRules(movement="walk")


@pytest.fixture(scope="module")
def shared_pool(small_mazes):
    with DoomPool(small_mazes, RULES, 4, TWO_WORKERS) as pool:
        yield pool


@pytest.fixture
def pool(shared_pool) -> DoomPool:
    """The pool recovers from every fault, so that all tests can use the same one."""
    shared_pool.set_task(torch.arange(4), EVERYONE)
    return shared_pool


def start(pool: DoomPool) -> list[torch.Tensor]:
    """The first three steps of each environment's episode."""
    return [pool.reset(EVERYONE).clone()] + [
        pool.step(torch.full((4,), action)).obs.clone() for action in (FORWARD, TURN_LEFT, FORWARD)
    ]


def test_a_worker_that_missed_its_bell_is_woken(pool):
    """As if each had seen the other's state of a moment before; otherwise it would be killed."""
    start(pool)
    before = pool.worker_pids, pool.engine_pids
    shared = pool._shared
    wait_for(lambda: shared.asleep[0].all())
    for worker in pool._workers:
        worker._commands.ring = lambda number, at=worker._index: shared.command.put(at, number)
    assert not pool.step(torch.full((4,), FORWARD)).crashed.any()
    for worker in pool._workers:
        del worker._commands.ring
    assert (pool.worker_pids, pool.engine_pids) == before
    assert not pool.step(torch.full((4,), FORWARD)).crashed.any()


def test_ctrl_c_before_a_command_is_given_loses_nothing(pool, monkeypatch):
    start(pool)
    before = pool.worker_pids, pool.engine_pids

    def interrupt():
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(pool._workers[0], "_reset_watch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pool.step(torch.full((4,), FORWARD))
    for _ in range(2):
        assert not pool.step(torch.full((4,), FORWARD)).crashed.any()
    assert (pool.worker_pids, pool.engine_pids) == before


def break_and_check_survivors(pool: DoomPool, break_it, expected: list[bool]) -> None:
    """Plays four steps undisturbed, then again with a fault before the last."""
    start(pool)
    undisturbed = pool.step(torch.full((4,), FORWARD)).obs.clone()
    pool.set_task(torch.arange(4), EVERYONE)
    frames = start(pool)
    break_it(pool)
    result = pool.step(torch.full((4,), FORWARD))
    crashed = torch.tensor(expected)
    assert result.crashed.tolist() == expected
    torch.testing.assert_close(result.obs[~crashed], undisturbed[~crashed])
    assert (result.reward[crashed] == 0).all()
    assert (result.reward[~crashed] < 0).all()
    assert not (result.terminated | result.truncated).any()

    again = pool.step(
        torch.full((4,), FORWARD)
    )  # not reset yet: still crashed, while others continue
    assert again.crashed.tolist() == expected
    assert (again.reward[~crashed] < 0).all()

    obs = pool.reset(crashed)  # episode 0 of the same task
    torch.testing.assert_close(obs[crashed], frames[0][crashed])
    result = pool.step(torch.full((4,), FORWARD))
    assert not result.crashed.any()
    torch.testing.assert_close(result.obs[crashed], frames[1][crashed])


def kill(pid, how=signal.SIGKILL):
    """Sends a signal, before whose effect a process may answer once more: waits for that."""
    os.kill(pid, how)
    wait_for(lambda: is_gone(pid) if how == signal.SIGKILL else is_stopped(pid))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_broken_engine_affects_its_own_environment_only(pool, how):
    broken = pool.engine_pids[1]
    break_and_check_survivors(pool, lambda pool: kill(broken, how), [False, True, False, False])
    assert broken not in pool.engine_pids
    assert is_gone(broken)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_broken_worker_affects_its_own_environments_only(pool, how):
    broken, engines = pool.worker_pids[1], pool.engine_pids[2:]
    break_and_check_survivors(pool, lambda pool: kill(broken, how), [False, False, True, True])
    assert all(is_gone(pid) for pid in (broken, *engines))


def test_an_engine_that_breaks_before_a_reset_is_replaced(pool):
    start(pool)
    before = pool.poses
    second = torch.tensor([False, True, False, False])
    kill(pool.engine_pids[1])
    pool.reset(second)
    assert not pool.step(torch.full((4,), FORWARD)).crashed.any()
    assert (pool.poses[1] != before[1]).any()


def test_a_worker_that_breaks_before_a_reset_ends_only_running_episodes(pool):
    start(pool)
    kill(pool.worker_pids[0])
    pool.reset(torch.tensor([True, False, False, False]))
    crashed = pool.step(torch.full((4,), FORWARD)).crashed
    assert crashed.tolist() == [False, True, False, False]


def test_a_worker_that_cannot_start_ends_in_one_line(small_mazes, tmp_path, monkeypatch):
    broken_python = tmp_path / "python"
    broken_python.write_text("#!/bin/sh\necho first\necho 'no engine here' >&2\nexit 1\n")
    broken_python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken_python))
    with pytest.raises(
        SimulatorError,
        match=r"^engine worker 0 died 4 times in a row, it ended with 1: no engine here$",
    ):
        DoomPool(small_mazes, RULES, 1)


def test_full_shared_memory_ends_at_the_first_death(small_mazes, tmp_path, monkeypatch):
    killed_python = tmp_path / "python"
    killed_python.write_text("#!/bin/sh\nkill -BUS $$\n")
    killed_python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed_python))
    monkeypatch.setattr(worker_handle.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e5))
    with pytest.raises(
        SimulatorError,
        match=r"^engine worker 0 died, killed by SIGBUS, as on a full /dev/shm, which has 0.1 MB "
        r"free: it printed nothing; free some of /dev/shm, or give a container more",
    ):
        DoomPool(small_mazes, RULES, 1)


def test_engines_that_were_replaced_leave_no_shared_memory(small_mazes: MazeSet):
    pool = DoomPool(small_mazes, RULES, 4, TWO_WORKERS)
    try:
        pool.set_task(torch.arange(4), EVERYONE)
        start(pool)
        kill(pool.engine_pids[0])
        pool.step(torch.full((4,), FORWARD))
        ids = [path.name.split("-")[1] for path in pool._home.path.rglob("engine-*")]
        assert len(ids) == 5
    finally:
        pool.close()
    assert not [path for i in ids for path in Path("/dev/shm").glob(f"*{i}")]


def test_an_engine_that_dies_while_it_starts_leaves_nothing(small_mazes, tmp_path, monkeypatch):
    """The first two engines are killed 20 ms after their processes began."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other tests' engines are spared
    killed, ids, over = set(), set(), threading.Event()

    def killer():
        while not over.is_set() and len(killed) < 2:
            for pid, arguments in cleanup._processes_naming(str(tmp_path)).items():
                if cleanup.ID_OPTION in arguments and pid not in killed:
                    time.sleep(0.02)
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                    ids.add(arguments[arguments.index(cleanup.ID_OPTION) + 1].decode())
                    break
            time.sleep(0.002)

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        with DoomPool(small_mazes, RULES, 1, EngineSettings(num_workers=1)) as pool:
            assert pool.engine_pids[0] not in killed
            assert len(killed) == 2
    finally:
        over.set()
        thread.join()
    wait_for(lambda: not [path for i in ids for path in Path("/dev/shm").glob(f"*{i}")])


def test_shared_memory_in_use_is_not_litter(tmp_path, monkeypatch):
    """A sweep with an unfinished start removes what no process maps, and only if it is younger."""
    monkeypatch.setattr(cleanup, "SHARED_FOLDER", tmp_path / "shm")
    home = tmp_path / "home"
    (tmp_path / "shm").mkdir()
    home.mkdir()
    older, mapped, litter, other = (
        tmp_path / "shm" / name
        for name in ("ViZDoomMQCtrOLD", "ViZDoomMQCtrUSED", "ViZDoomMQCtrLEFT", "another")
    )
    older.write_bytes(b"x")
    time.sleep(0.05)
    cleanup.record_start(home)
    for path in (mapped, litter, other):
        path.write_bytes(b"x")
    with mapped.open("r+b") as file, mmap.mmap(file.fileno(), 1):
        cleanup.sweep(home)
    assert {path.name for path in (tmp_path / "shm").iterdir()} == {
        older.name,
        mapped.name,
        other.name,
    }
    assert not home.exists()


@pytest.fixture
def clock(pool, monkeypatch):
    """Seconds that pass between a worker's checks, and the processes that the checks kill."""

    worker, clock = pool._workers[0], SimpleNamespace(now=0.0, killed=[])
    monkeypatch.setattr(worker_handle.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(worker_handle, "kill_engine", lambda pid, home: clock.killed.append(pid))
    monkeypatch.setattr(worker._process, "kill", lambda: clock.killed.append(worker.pid))
    worker._reset_watch()
    yield clock
    monkeypatch.undo()
    worker._reset_watch()


def check(pool, clock, seconds):
    """Let time pass in intervals of a check, without an answer of worker 0."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now += worker_handle.CHECK_INTERVAL
        pool._workers[0]._check()


def test_a_silent_engine_is_killed_and_then_its_worker(pool, clock, monkeypatch):
    monkeypatch.setattr(worker_handle, "wants_to_run", lambda pid: False)
    check(pool, clock, 0.9)
    assert clock.killed == []
    check(pool, clock, 0.3)
    assert clock.killed == [pool.engine_pids[pool._shared.current[0]]]
    check(pool, clock, 1.2)
    assert clock.killed[1:2] == pool.worker_pids[:1]


def test_an_engine_that_waits_for_a_core_has_more_time(pool, clock, monkeypatch):
    """On a machine where ten processes share a core, a second of silence means nothing."""
    monkeypatch.setattr(worker_handle, "wants_to_run", lambda pid: pid in pool.engine_pids)
    check(pool, clock, 9.5)
    assert clock.killed == []
    check(pool, clock, 1.0)
    assert clock.killed[:1] == [pool.engine_pids[pool._shared.current[0]]]


def test_a_check_that_comes_late_counts_as_one(pool, clock, monkeypatch):
    """This process may have waited for a core itself."""
    monkeypatch.setattr(worker_handle, "wants_to_run", lambda pid: False)
    for _ in range(4):
        clock.now += 2.0
        pool._workers[0]._check()
    assert clock.killed == []
