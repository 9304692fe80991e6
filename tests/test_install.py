"""A wheel installed beside strangers: another package `agents`, and a project with our folders."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from rl2_mazes.core.programs import PROGRAMS

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".*", "__pycache__", "tests", "docs", "results", "videos", "runs", "build", "*_gpu",
            "*_duan2016", "*_finetuned", "*_long", "*_without_aux", "*.egg-info")  # fmt: skip
STRANGER = 'raise RuntimeError("the folder of somebody else was imported")\n'
TINY = (
    *("suite=bandits/k5_n10", "agent.dense_size=8", "agent.feedback_size=4", "name=tiny"),
    *("agent.hidden_size=8", "num_envs=8", "num_steps=20", "learner.num_minibatches=2"),
    *("tensorboard=false", "total_steps=160"),
)
HELP_OF_ALL = """
import contextlib, io, runpy, sys
from rl2_mazes.core.programs import PROGRAMS
for module in PROGRAMS.values():
    sys.argv = ["program", "--help"]
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_module(f"rl2_mazes.{module}", run_name="__main__")
    except SystemExit as end:
        assert not end.code, (module, end.code)
    assert len(out.getvalue()) > 100, module
    print(module)
"""
MAKE = """
import rl2_mazes, gymnasium
env = gymnasium.make("rl2_mazes:%s")
observation, _ = env.reset(seed=0)
print(rl2_mazes.__file__, sorted(observation))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment of its own with the wheel; what is heavy comes from this one."""
    base = tmp_path_factory.mktemp("install")
    shutil.copytree(ROOT, base / "source", ignore=shutil.ignore_patterns(*LEFT_OUT))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    run(base, *pip, "wheel", *offline, "--no-build-isolation", "-w", "wheels", "./source")
    run(base, sys.executable, "-m", "venv", "--without-pip", "venv")
    python = base / "venv" / "bin" / "python"
    site = Path(run(base, python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
                .stdout.strip())  # fmt: skip
    (site / "heavy.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "agents").mkdir()
    (site / "agents" / "__init__.py").write_text(STRANGER)
    before = set(os.listdir(site))
    (wheel,) = (base / "wheels").iterdir()
    run(base, *pip, "--python", python, "install", *offline, wheel)
    project = base / "project"
    for name in ("agents", "eval", "conf", "core"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text(STRANGER)
    (project / "mazes.py").write_text(STRANGER)
    return project, python, site, set(os.listdir(site)) - before


def run(cwd, *command, expect=0):
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env={**variables, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done


@pytest.mark.slow
def test_one_name_in_site_packages(installed):
    _, _, site, new = installed
    assert {name for name in new if not name.endswith(".dist-info")} == {"rl2_mazes"}
    assert (site / "agents" / "__init__.py").read_text() == STRANGER
    assert not (site / "rl2_mazes" / "tests").exists()


@pytest.mark.slow
def test_every_program_has_help(installed):
    project, python, _, _ = installed
    done = run(project, python, "-c", HELP_OF_ALL)
    assert done.stdout.split() == list(PROGRAMS.values())


@pytest.mark.slow
def test_one_command(installed):
    project, python, _, _ = installed
    rl2 = python.with_name("rl2")
    shown = run(project, rl2, "--help").stdout
    assert all(f"\n  {name} " in shown for name in (*PROGRAMS, "bench"))
    done = run(project, rl2, "tabels", expect=2)
    assert done.stderr.startswith("error: rl2 has no tabels; did you mean tables? choose from")
    for command in ((rl2, "--version"), (python.with_name("rl2-train"), "--version")):
        assert run(project, *command).stdout.startswith("rl2-mazes 0.")


@pytest.mark.slow
def test_a_training_and_a_table(installed):
    project, python, _, _ = installed
    run(project, python.with_name("rl2-train"), *TINY, "run_dir=one")
    assert list((project / "one" / "checkpoints").iterdir())
    few = ("suite=bandits", "rows=[k5_n10]", "algorithms=[random]", "num_tasks=4")
    run(project, python, "-m", "rl2_mazes.eval.tables", *few, "output_dir=tables")
    assert (project / "tables" / "table.md").is_file()


@pytest.mark.slow
def test_torchrun(installed):
    project, python, _, _ = installed
    two = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    run(project, python, *two, "-m", "rl2_mazes.agents.train", *TINY, "run_dir=two")
    assert '"processes": 2' in (project / "two" / "origins.jsonl").read_text()


@pytest.mark.slow
def test_gymnasium(installed):
    project, python, site, _ = installed
    done = run(project, python, "-c", MAKE % "rl2/WalkSmall-v0")
    assert done.stdout.startswith(str(site / "rl2_mazes"))
