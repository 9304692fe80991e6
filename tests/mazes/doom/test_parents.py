"""A pool in a process of its own: a killed parent, Ctrl-C, and unusual working directories."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import GIVE_UP, is_gone, wait_for

SCRIPT = """
import signal, sys, torch
from rl2_mazes.mazes.doom.pool import DoomPool, EngineSettings
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of shells ignore it
everyone = torch.ones(2, dtype=torch.bool)
rules = MazeRules(movement=sys.argv[1])
with DoomPool(MazeSet.draw(MazeTasks(num_mazes=2)), rules, 2, EngineSettings(2)) as pool:
    pool.set_task(torch.arange(2), everyone)
    pool.reset(everyone)
    try:
        print(pool._home.path, *pool.worker_pids, *pool.engine_pids, flush=True)
        sys.stdin.readline()  # the test inspects the processes first
        print("stepping", flush=True)
        while True:
            result = pool.step(torch.tensor([2, 2]))
            pool.reset(result.terminated | result.truncated)
            assert not result.crashed.any()
    except KeyboardInterrupt:
        pass
    result = pool.step(torch.tensor([2, 2]))
    assert not result.crashed.any(), result
print("closed", flush=True)
"""


class Run:
    """A Python process with a pool of two workers, one engine each."""

    def __init__(self, cwd: Path, movement: str = "grid"):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SCRIPT, movement],
            cwd=cwd,
            env=dict(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        home, *pids = self.process.stdout.readline().split()
        self.home, self.pids = Path(home), [int(pid) for pid in pids]
        self.workers, self.engines = self.pids[:2], self.pids[2:]
        self.instance_ids = [path.name.split("-")[1] for path in self.home.rglob("engine-*")]
        assert len(self.instance_ids) == 2
        assert self.shared_memory()
        self.process.stdin.close()  # lets it continue
        self.process.stdin = None  # communicate() would flush it
        assert self.process.stdout.readline() == "stepping\n"

    def shared_memory(self) -> list[Path]:
        return [path for i in self.instance_ids for path in Path("/dev/shm").glob(f"*{i}")]

    def left_behind(self) -> list:
        return [
            *(pid for pid in self.pids if not is_gone(pid)),
            *self.shared_memory(),
            *([self.home] if self.home.exists() else []),
        ]

    def check_nothing_left(self) -> None:
        wait_for(lambda: not self.left_behind())

    def end(self) -> tuple[int, str]:
        try:
            output, _ = self.process.communicate(timeout=GIVE_UP)
        finally:
            self.process.kill()
            self.process.wait()
        return self.process.returncode, output


@pytest.mark.parametrize("victims", ["parent", "group", "parent and workers", "all"])
def test_nothing_is_left_behind(tmp_path, victims):
    cwd = tmp_path / "with spaces"
    cwd.mkdir()
    run = Run(cwd)
    if victims == "group":
        os.killpg(run.process.pid, signal.SIGKILL)
    else:
        others = {"parent": [], "parent and workers": run.workers, "all": run.pids}[victims]
        for pid in (*others, run.process.pid):
            os.kill(pid, signal.SIGKILL)
    run.end()
    run.check_nothing_left()
    assert not list(cwd.iterdir())


def test_ctrl_c_reaches_the_parent_alone_where_nothing_can_be_written():
    run = Run(Path("/proc"), "walk")
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.end() == (0, "closed\n")
    run.check_nothing_left()
