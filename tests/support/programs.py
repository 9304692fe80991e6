"""Main programs as a user runs them, with tiny trainings.

`run` calls a program in this process, which saves the seconds of starting another one. `command`
and `environment` are for tests of the process itself: signals, launchers, what is left behind.
"""

import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from unittest.mock import patch

TINY = (
    "suite=mazes/grid_small",
    "suite.tasks.num_mazes=20",
    "suite.rules.horizon=10",
    "agent.dense_size=16",
    "agent.memory.hidden_size=16",
    "num_envs=4",
    "num_steps=25",
    "learner.epochs=1",
    "learner.num_minibatches=2",
    "tensorboard=false",
)


def run(cwd, module, *arguments, expect=0):
    """Call the `main` of a module in a folder; its exit code must be as expected."""
    out, err, code = StringIO(), StringIO(), 0
    with (
        chdir(cwd),
        patch.object(sys, "argv", [module, *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = import_module(module).main() or 0
        except SystemExit as end:
            code = end.code or 0
    done = subprocess.CompletedProcess([module, *arguments], code, out.getvalue(), err.getvalue())
    assert done.returncode == expect, done.stderr
    return done


def run_process(cwd, module, *arguments, expect=0):
    """Run a module in a process of its own; its exit code must be as expected."""
    done = subprocess.run(
        command(module, *arguments), cwd=cwd, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == expect, done.stderr
    return done


def command(module, *arguments):
    return [sys.executable, "-m", module, *arguments]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def steps_logged(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["steps"] for line in lines]
