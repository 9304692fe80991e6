"""The template of a plug-in, installed away from the checkout: swept, evaluated, missing."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from support.pages import ROOT

from rl2_mazes.agents.training.checkpoint import load_agent
from rl2_mazes.core.errors import UserError

PROJECT = ROOT / "examples" / "plugin"
TINY = (
    *("experiment=example", "suite.tasks.num_mazes=8", "suite.rules.horizon=10", "num_envs=4"),
    *("num_steps=25", "total_steps=100", "agent.dense_size=8", "agent.feedback_size=8"),
    *(
        "agent.memory.hidden_size=8",
        "learner.num_minibatches=2",
        "learner.epochs=1",
        "tensorboard=false",
    ),
)
SWEEP = (
    "--multirun",
    "agent/memory=window,gru",
    "hydra/launcher=joblib",
    "hydra.launcher.n_jobs=2",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A copy of the project, and the folder that pip installed it into."""
    base = tmp_path_factory.mktemp("plugin")
    shutil.copytree(PROJECT, base / "project", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ("--no-deps", "--no-index", "--no-build-isolation")
    call(base, *pip, *offline, "--target", base / "site", base / "project")
    shutil.rmtree(base / "project" / "rl2_example")  # what runs is what was installed
    return base


def call(cwd, *command, site=None, expect=0):
    paths = [*([str(site)] if site else []), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    path = os.pathsep.join(each for each in paths if each)
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env={**os.environ, "OMP_NUM_THREADS": "1"}
        | ({"PYTHONPATH": path} if path else {}), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done


def program(installed, name, *arguments, expect=0):
    where = installed / "project", sys.executable, "-m", f"rl2_mazes.{name}"
    return call(*where, *arguments, site=installed / "site", expect=expect)


@pytest.fixture(scope="module")
def runs(installed):
    """Folder of a sweep over memories, one of them the plug-in's, in processes of joblib's."""
    program(installed, "agents.train", "--config-dir", "conf", *TINY, *SWEEP)
    return installed / "project" / "runs" / "example"


@pytest.mark.slow
def test_a_sweep_in_other_processes(runs):
    found = {each.name: each for each in runs.iterdir()}
    assert set(found) == {"memory_window__seed_0", "memory_gru__seed_0"}
    assert all(any((each / "checkpoints").iterdir()) for each in found.values())


@pytest.mark.slow
def test_an_evaluation_in_another_process(installed, runs):
    asked = (f"agent={runs}/memory_window__seed_0", "engine=twin", "num_trials=4", "video=false")
    done = program(installed, "eval.evaluate", *asked)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert len(figures["undone"]) == 2
    assert all(0 <= each <= 10 for each in figures["undone"])
    assert "undone" in next(runs.glob("memory_window*/evaluation/*/report.md")).read_text()


@pytest.mark.slow
def test_without_the_plug_in_the_error_says_what_to_install(runs):
    with pytest.raises(UserError) as raised:
        load_agent(runs / "memory_window__seed_0")
    message = "agent 'rl2_example.coarse:CoarseSettings' is not registered by any plug-in: install"
    assert message in str(raised.value)
    assert "its package rl2_example, or add plugins=[" in str(raised.value)
    assert "rl2_example" not in sys.modules
