"""Main programs as a user runs them: processes of their own, tiny trainings."""

import json
import os
import subprocess
import sys

TINY = (
    "suite=mazes/grid_small",
    "suite.tasks.num_mazes=20",
    "suite.rules.horizon=10",
    "agent.dense_size=16",
    "agent.hidden_size=16",
    "num_envs=4",
    "num_steps=25",
    "tensorboard=false",
)


def command(module, *arguments):
    return [sys.executable, "-m", module, *arguments]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def run(cwd, module, *arguments, expect=0):
    done = subprocess.run(
        command(module, *arguments), cwd=cwd, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == expect, done.stderr
    return done


def steps_logged(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["steps"] for line in lines]
