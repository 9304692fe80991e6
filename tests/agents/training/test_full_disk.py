"""A disk that fills while training: one line, the last checkpoint unchanged, nothing in parts."""

import errno
import os
import resource
import shutil

import pytest
from support.programs import run, steps_logged

from rl2_mazes.agents.training import checkpoint
from rl2_mazes.core.storage import files, jsonl_logger, run_folder
from rl2_mazes.core.storage.tensorboard_logger import TensorBoardLogger

TRAIN = "rl2_mazes.agents.train"
BANDITS = (
    *(
        "suite=bandits/k5_n10",
        "agent=rl2",
        "learner=ppo_bandits",
        "agent.memory.hidden_size=16",
    ),
    *("num_envs=8", "num_steps=10", "tensorboard=false", "checkpoint_seconds=0", "run_dir=run"),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of one iteration; copy it."""
    folder = tmp_path_factory.mktemp("disk")
    run(folder, TRAIN, *BANDITS, "total_steps=80")
    return folder / "run"


@pytest.fixture
def folder(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_for_torch(*_):
    raise RuntimeError("PytorchStreamWriter failed writing file data/1: file write failed\nframe 0")


def checkpoints(folder):
    """Everything below the folder of checkpoints."""
    paths = (folder / "run" / "checkpoints").rglob("*")
    return {path: path.read_bytes() if path.is_file() else b"" for path in paths}


class Full:
    """A file on a disk with room for seven bytes."""

    def __init__(self):
        self.written = b""

    def write(self, content):
        room = 7 - len(self.written)
        if not room:
            full()
        self.written += content[:room]
        return min(room, len(content))

    def close(self):
        pass


@pytest.mark.parametrize(
    ("owner", "name", "stand_in", "line"),
    [
        (run_folder, "write_text", None, "config.yaml cannot be written (No space left on device)"),
        (files, "_flush", full, "cannot be written (No space left on device)"),
        (checkpoint.torch, "save", full_for_torch, "step_000000000160 cannot be written (Pytorch"),
        (jsonl_logger.JsonlLogger, "log", None, "metrics.jsonl cannot be written (No space left"),
    ],
    ids=["config", "flush", "torch", "metrics"],
)
def test_a_full_disk_costs_nothing_that_was_saved(folder, monkeypatch, owner, name, stand_in, line):
    before = checkpoints(folder)
    if owner is run_folder:

        def stand_in(path, _):
            with files.naming(path):
                full()

    elif name == "log":
        original = jsonl_logger.JsonlLogger.log

        def stand_in(self, steps, metrics):
            self._file.close()
            self._file = Full()
            original(self, steps, metrics)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stand_in)
        done = run(folder, TRAIN, *BANDITS, "total_steps=240", expect=2)
    last = done.stderr.rstrip("\n").rpartition("\n")[2]
    assert last.startswith("error: ")
    assert line in last
    assert "Traceback" not in done.stderr
    assert checkpoints(folder) == before


def test_a_run_that_met_a_full_disk_resumes(folder):
    """The system's own error, at a size of files that a new checkpoint exceeds."""
    before = checkpoints(folder)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(map(len, before.values())) - 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        done = run(folder, TRAIN, *BANDITS, "total_steps=240", expect=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "free some space and run the same command again" in done.stderr
    assert checkpoints(folder) == before
    run(folder, TRAIN, *BANDITS, "total_steps=240")
    assert steps_logged(folder / "run") == [80, 160, 240]


def test_curves_that_cannot_be_written_end_in_one_line(tmp_path, monkeypatch, capsys):
    logger = TensorBoardLogger(tmp_path / "tensorboard", {}, 0)
    thread = logger._writer._get_file_writer().event_writer._async_writer
    monkeypatch.setattr(thread._writer, "write", full)
    with pytest.raises(files.UserError, match=r"tensorboard cannot be written \(No space"):
        logger.log(1, dict.fromkeys("abcdefgh" * 99, 0.5) | {str(i): 0.5 for i in range(999)})
    thread._worker.join()  # it has printed whatever it prints
    assert "Traceback" not in capsys.readouterr().err
    with pytest.raises(files.UserError, match="tensorboard cannot be written"):
        logger.close()
