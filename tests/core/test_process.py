"""Settings of the whole process."""

import ctypes
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import children, is_gone, wait_for

from rl2_mazes.core import process

ROOT = Path(__file__).parents[2]
FAULTS = """
import resource, sys
if sys.argv[1] == "kept":
    from rl2_mazes.core.process import configure
    configure()
b"x" * (1 << 27)  # 128 MiB, freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
b"x" * (1 << 27)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_freed_memory_is_not_faulted_in_again():
    faults = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", FAULTS, how], cwd=ROOT, capture_output=True, check=True
            ).stdout
        )
        for how in ("given back", "kept")
    }
    assert faults["kept"] < 100
    if faults["given back"] < 1000:  # huge pages, or a C library that keeps memory anyway
        pytest.skip("there is nothing to gain here")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, process.SPINCOUNT),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "active"}, None),
    ],
)
def test_a_setting_of_the_user_stays(before, after, monkeypatch):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    process.limit_spinning()
    assert os.environ.get("GOMP_SPINCOUNT") == after
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)


def test_output_that_nobody_reads_is_dropped():
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as pipe:
        stream = process.dropping(pipe)
        print("é", file=stream, flush=True)
        assert os.read(reader, 9) == "é\n".encode()
        os.close(reader)
        for _ in range(2):
            print("x" * 100_000, file=stream, flush=True)


def test_a_full_disk_behind_the_output_is_said_once(monkeypatch):
    said = []
    monkeypatch.setattr(process.os, "write", lambda number, text: said.append((number, text)))
    with open("/dev/full", "w", encoding="utf-8") as full:
        stream = process.dropping(full)
        for _ in range(2):
            print("x", file=stream, flush=True)
    assert said == [
        (2, b"note: output cannot be written (No space left on device) and is dropped\n")
    ]


POOL = """
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from rl2_mazes.core.process import begin_worker

if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=begin_worker) as pool:
        pool.submit(sum, ()).result()
        print("idle", flush=True)
        pool.submit(time.sleep, 600).result()
"""


def test_workers_and_their_semaphores_end_with_a_killed_parent(tmp_path):
    (tmp_path / "pool.py").write_text(POOL)
    command = [sys.executable, str(tmp_path / "pool.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout
            assert parent.stdout.readline() == "idle\n"
            started = set(children(parent.pid))
            semaphores = semaphores_of(parent.pid)
        finally:
            parent.kill()
    assert len(started) == 2  # the worker, and multiprocessing's tracker of resources
    assert semaphores
    wait_for(lambda: all(map(is_gone, started)))
    assert not any(each.exists() for each in semaphores)


def semaphores_of(pid):
    """Files of the semaphores that a process has made; it maps them under another name."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    inodes = set(map(int, re.findall(r" (\d+) +/dev/shm/sem\.", maps)))
    return [each for each in Path("/dev/shm").glob("sem.mp-*") if each.stat().st_ino in inodes]


def test_a_process_of_its_own_has_no_parent_to_end_with():
    with pytest.raises(RuntimeError, match="not started by multiprocessing"):
        process.end_with_parent()


def test_captured_output_stays_as_it_is(monkeypatch):
    for stream in (captured := io.StringIO(), None):
        monkeypatch.setattr(process.sys, "stdout", stream)
        process.outlive_readers()
        assert process.sys.stdout is stream
    assert captured.getvalue() == ""


@pytest.mark.parametrize(
    ("openmp", "own", "numba"),
    [("1", None, "1"), ("1", "2", "2"), (None, None, None), ("4,2", None, None), ("0", None, None)],
)
def test_numba_has_as_many_threads_as_openmp(openmp, own, numba, monkeypatch):
    for name, value in (("OMP_NUM_THREADS", openmp), ("NUMBA_NUM_THREADS", own)):
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    process.share_cores()
    assert os.environ.get("NUMBA_NUM_THREADS") == numba
