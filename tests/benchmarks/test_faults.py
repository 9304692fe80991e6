"""Faults hit what they are meant for, and the account sees what is lost."""

import json
import random
import shutil
import signal
import subprocess

import numpy as np
import pytest
from support.processes import is_gone, wait_for
from support.recorded import TrialLog

from rl2_mazes.benchmarks.faults import account, injector
from rl2_mazes.benchmarks.faults.account import Litter, Updates, growth, num_changed
from rl2_mazes.benchmarks.faults.injector import Injector
from rl2_mazes.benchmarks.faults.processes import (
    ENGINE,
    WORKER,
    open_files,
    read,
    workers_and_engines,
)
from rl2_mazes.mazes.doom import cleanup


class Tree:
    """A shell as the program, with one as a worker below it, and that one's engine."""

    def __init__(self, folder):
        engine = folder / "vizdoom"
        engine.symlink_to(shutil.which("tail"))  # which takes any names, and waits
        engine = f"{engine} -f /dev/null +viz_instance_id abc 2>/dev/null"
        worker = f"sh -c '{engine} & wait; exec sleep 60' rl2_mazes.mazes.doom.worker {folder}"
        (folder / "engine-abc").touch()
        self.process = subprocess.Popen(["sh", "-c", f"{worker} & wait"], start_new_session=True)
        wait_for(lambda: self.found().keys() == {ENGINE, WORKER})
        self.victims = self.found()

    def found(self):
        return {each.kind: each.pid for each in workers_and_engines(self.pid)}

    pid = property(lambda self: self.process.pid)
    exitcode = property(lambda self: self.process.poll())

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        for pid in (*self.victims.values(), self.pid):
            subprocess.run(["kill", "-9", str(pid)], stderr=subprocess.DEVNULL, check=False)
        self.process.wait()


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path)
    yield tree
    tree.close()


@pytest.mark.parametrize("kind", injector.WEIGHTS)
def test_a_fault_hits_a_process_of_its_kind(kind, tree, monkeypatch):
    monkeypatch.setattr(injector, "WEIGHTS", {kind: 1})
    monkeypatch.setattr(injector, "APPEARS", 0.05)  # nothing replaces what is killed here
    monkeypatch.setattr(injector, "PAUSE", 0.01)
    monkeypatch.setattr(injector, "START", 0.0)  # and none of them is starting
    wait_for(lambda: all(each.age > 0 for each in workers_and_engines(tree.pid)))
    faults = Injector(random.Random(0))
    struck = faults.strike(tree, may_kill=True)
    if kind == "kill_start":
        assert struck is None
        assert faults.total == 1, "what was to be replaced"
        return
    assert struck == kind
    assert faults.counts == {kind: 1}
    if kind == "stop_program":
        assert tree.exitcode is None
    elif kind == "kill_program":
        assert tree.exitcode == -signal.SIGKILL
    else:
        victim = tree.victims[ENGINE if "engine" in kind else WORKER]
        wait_for(lambda: is_gone(victim) or b") T " in read(f"/proc/{victim}/stat"))
        assert is_gone(victim) == kind.startswith("kill")
        (other,) = set(tree.victims.values()) - {victim}
        assert not is_gone(other)


@pytest.mark.parametrize("kind", ["kill_engine", "stop_worker", "kill_start"])
def test_processes_that_are_starting_are_spared(kind, tree, tmp_path, monkeypatch):
    """After four deaths without an engine a pool gives up."""
    (tmp_path / "engine-abc").unlink()  # the worker has not seen its engine run
    monkeypatch.setattr(injector, "WEIGHTS", {kind: 1})
    assert Injector(random.Random(0)).strike(tree, may_kill=False) is None
    assert len(workers_and_engines(tree.pid)) == 2


def test_a_process_that_has_ended_has_no_readings(tree):
    readings = account.Readings()
    assert open_files(tree.pid)
    tree.kill()
    readings.take(tree.pid)
    assert readings.growth() == {"open_files_growth": 0, "memory_growth_mb": 0}
    assert workers_and_engines(tree.pid) == []


def write_run(run, logged, saved):
    for steps in saved:
        (run / "checkpoints" / f"step_{steps:012d}").mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"steps": steps, "loss": 0.5}) for steps in logged)
    (run / "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("logged", "saved", "lost"),
    [
        ([100, 200, 300], [200, 300], 0),
        ([100, 200, 300], [200], 0),  # killed between the log and the checkpoint
        ([100, 300], [300], 1),
        ([100, 200, 200, 300], [300], 1),
        ([100], [300], 2),
    ],
)
def test_missing_and_double_updates_are_lost(tmp_path, logged, saved, lost):
    write_run(tmp_path, logged, saved)
    assert Updates(tmp_path, 100).figures()["lost_updates"] == lost


def test_an_update_that_a_training_went_back_on_is_lost(tmp_path):
    updates = Updates(tmp_path, 100)
    write_run(tmp_path, [100, 200, 300], [200, 300])
    updates.end_of_process("")
    updates.end_of_process("resuming from 300 steps in run")
    assert updates.figures() == {"updates": 3, "lost_updates": 0, "not_finite": 0}
    updates.end_of_process("resuming from 200 steps in run")
    assert updates.figures()["lost_updates"] == 1
    updates.end_of_process("killed before it had resumed")
    assert updates.figures()["lost_updates"] == 1


def test_figures_that_are_not_finite_are_counted(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"steps": 100, "a": NaN, "b": Infinity, "c": null}\n')
    assert Updates(tmp_path, 100).figures()["not_finite"] == 2


def test_growth_is_that_of_the_least_readings():
    assert growth([10, 30, 10, 12, 40, 11, 30, 10, 13]) == 0
    assert growth([10, 30, 10, 12, 14, 16, 18, 40, 20]) == 8
    assert growth([10, 20]) == 0, "too few to tell"


def test_changed_actions_are_counted_by_trial():
    length = np.array([[1, 2], [2, 1]])

    def log(actions):
        done = np.ones((2, 2), bool)
        return TrialLog(length, done, length, None, np.array(actions, np.uint8))

    assert num_changed(log([0, 1, 2, 0, 0, 0]), log([0, 1, 2, 0, 0, 0])) == 0
    assert num_changed(log([0, 1, 2, 0, 0, 0]), log([0, 1, 2, 0, 1, 2])) == 1


def test_litter_is_what_was_not_there_before_and_no_process_maps(tmp_path, monkeypatch):
    shared, temporary = tmp_path / "shm", tmp_path / "temporary"
    shared.mkdir()
    temporary.mkdir()
    for module in (cleanup, account):
        monkeypatch.setattr(module, "SHARED_FOLDER", shared)
    (shared / "ViZDoomSMold").touch()
    litter = Litter(temporary)
    assert litter.files() == []
    left = [shared / "ViZDoomSMnew", temporary / "rl2-doom-1"]
    for path in (*left, temporary / "torchinductor_me"):
        path.touch()
    assert litter.files() == sorted(map(str, left))
