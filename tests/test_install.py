"""A wheel installed beside strangers: another package `agents`, and a project with our folders."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rl2_mazes.agents.zoo.cards import names
from rl2_mazes.core.programs import PROGRAMS

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".*", "__pycache__", "build", "*.egg-info")
LEFT_OUT_AT_THE_TOP = {"tests", "docs", "results", "videos", "runs"}
WEIGHTS = {"demo", "walk_small_paths", "walk_large_map", "grid_small", "bandits_one_agent",
           "mdps_one_agent"}  # fmt: skip
MOST_BYTES = 10_000_000  # of the wheel
STRANGER = 'raise RuntimeError("the folder of somebody else was imported")\n'
TINY = (
    *("suite=bandits/k5_n10", "agent.dense_size=8", "agent.feedback_size=4", "name=tiny"),
    *("agent.memory.hidden_size=8", "num_envs=8", "num_steps=20", "learner.num_minibatches=2"),
    *("tensorboard=false", "total_steps=160"),
)
FEW = ("suite=bandits", "rows=[k5_n10]", "algorithms=[random]", "num_tasks=4", "output_dir=tables")
# In one process, which saves the seconds of starting others. The project's folders come first.
IN_ONE_PROCESS = """
import contextlib, io, json, runpy, sys
from rl2_mazes.core.programs import PROGRAMS

def call(run, name, *arguments):
    sys.argv, out = [name, *arguments], io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            run(name, run_name="__main__")
    except SystemExit as end:
        assert not end.code, (name, end.code)
    return out.getvalue()

rl2_train, tiny, few = json.loads(sys.argv[1])
found = {module: call(runpy.run_module, f"rl2_mazes.{module}", "--help")
         for module in PROGRAMS.values()}
call(runpy.run_path, rl2_train, *tiny, "run_dir=one")
assert "torch._dynamo" not in sys.modules  # torch's compiler: seconds of every training's start
call(runpy.run_module, "rl2_mazes.eval.tables", *few)
import rl2_mazes, gymnasium
observation, _ = gymnasium.make("rl2_mazes:rl2/WalkSmall-v0").reset(seed=0)
found["gymnasium"] = [rl2_mazes.__file__, sorted(observation)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment of its own with the wheel; what is heavy comes from this one."""
    base = tmp_path_factory.mktemp("install")
    everywhere = shutil.ignore_patterns(*LEFT_OUT)

    def left_out(folder, names):
        here = LEFT_OUT_AT_THE_TOP & set(names) if Path(folder) == ROOT else set()
        return everywhere(folder, names) | here

    shutil.copytree(ROOT, base / "source", ignore=left_out)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    (base / "wheels").mkdir()
    build = "from setuptools.build_meta import build_wheel; build_wheel('../wheels')"  # as pip does
    run(base / "source", sys.executable, "-c", build)
    run(base, sys.executable, "-m", "venv", "--without-pip", "venv")
    python = base / "venv" / "bin" / "python"
    own = dict.fromkeys(("base", "platbase"), str(base / "venv"))
    site = Path(sysconfig.get_path("purelib", "venv", own))
    (site / "heavy.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "agents").mkdir()
    (site / "agents" / "__init__.py").write_text(STRANGER)
    before = set(os.listdir(site))
    (wheel,) = (base / "wheels").iterdir()
    assert wheel.stat().st_size < MOST_BYTES
    run(base, *pip, "--python", python, "install", *offline, "--no-compile", wheel)
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
def test_the_wheel_holds_every_card_and_the_weights_of_an_agent_a_table(installed):
    _, _, site, _ = installed
    package = site / "rl2_mazes"
    pretrained = package / "agents" / "pretrained"
    assert names(pretrained) == names()
    weights = {path.parent.name for path in pretrained.rglob("*.safetensors")}
    assert weights == WEIGHTS
    assert (package / "py.typed").is_file()


@pytest.fixture(scope="module")
def found(installed):
    """Results of the process: the help of every program, and an environment of gymnasium's."""
    project, python, _, _ = installed
    given = json.dumps([str(python.with_name("rl2-train")), TINY, FEW])
    return json.loads(run(project, python, "-c", IN_ONE_PROCESS, given).stdout)


@pytest.mark.slow
def test_every_program_has_help(found):
    assert all(len(found[module]) > 100 for module in PROGRAMS.values())


@pytest.mark.slow
def test_one_command(installed):
    project, python, _, _ = installed
    rl2 = python.with_name("rl2")
    shown = run(project, rl2, "--help").stdout
    assert all(f"\n  {name} " in shown for name in (*PROGRAMS, "bench"))
    done = run(project, rl2, "tabels", expect=2)
    assert done.stderr.startswith("error: rl2 has no tabels; did you mean tables? choose from")
    for name in ("rl2", "rl2-train", "rl2-eval"):
        done = run(project, python.with_name(name), "--version")
        assert done.stdout.startswith("rl2-mazes 0.")


@pytest.mark.slow
def test_a_training_and_a_table(installed, found):
    project, *_ = installed
    assert list((project / "one" / "checkpoints").iterdir())
    assert (project / "tables" / "table.md").is_file()


@pytest.mark.slow
def test_torchrun_on_two_nodes(installed):
    """As on two machines that share the run's folder; both are this one."""
    project, python, _, _ = installed
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{free.getsockname()[1]}"
    nodes = ("-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1")
    meeting = ("--rdzv-backend", "c10d", "--rdzv-endpoint", endpoint, "--local-addr", "127.0.0.1")
    command = (python, *nodes, *meeting, "-m", "rl2_mazes.agents.train", *TINY, "run_dir=two")
    with ThreadPoolExecutor() as pool:
        done = [pool.submit(run, project, *command) for _ in range(2)]
    logs = [each.result().stderr for each in done]
    assert sum("training in two" in log for log in logs) == 1
    assert '"processes": 2' in (project / "two" / "origins.jsonl").read_text()


@pytest.mark.slow
def test_gymnasium(installed, found):
    _, _, site, _ = installed
    file, observation = found["gymnasium"]
    assert file.startswith(str(site / "rl2_mazes"))
    assert "image" in observation
