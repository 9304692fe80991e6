"""Sweeps: every job has its chance, failures are named at the end, folders are not shared."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from hydra.errors import MissingConfigException
from omegaconf import OmegaConf

from rl2_mazes.agents import train
from rl2_mazes.core import cli
from rl2_mazes.core.cli import sweep as sweep_module
from rl2_mazes.core.cli import sweep_folder
from rl2_mazes.core.cli.errors import one_line
from rl2_mazes.core.cli.sweep import checked_in_jobs, with_job_folders
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import evaluate

TINY = (
    *("suite=bandits/k5_n10", "agent.dense_size=8", "agent.feedback_size=4", "name=tiny"),
    *("agent.memory.hidden_size=8", "num_envs=8", "num_steps=20", "learner.num_minibatches=2"),
    *("tensorboard=false", "total_steps=320"),
)


def sweep(monkeypatch, capsys, body, *arguments):
    """Exit code and error lines of a sweep in this process."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["rl2-train", *arguments])
    code = 0
    try:
        cli.run("train", train.TrainConfig, body)
    except SystemExit as stopped:
        code = stopped.code
    return code, capsys.readouterr().err.strip().splitlines()


def test_a_failed_job_is_named_by_the_key_of_the_command_line(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rl2-eval", "-m", "agent=nowhere,elsewhere"])
    with pytest.raises(SystemExit):
        evaluate.main()
    error = capsys.readouterr().err
    assert "failed: agent=nowhere: checkpoint nowhere does not exist" in error
    assert "agent_path" not in error


def test_a_failed_job_is_named_and_takes_no_other_along(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    began = []

    def body(config):
        began.append(config.seed)
        if config.seed == 1:
            raise UserError("num_envs is 7; it must be even")

    arguments = ("-m", "experiment=demo,bandit_k5_n10", "seed=0,1")
    code, errors = sweep(monkeypatch, capsys, body, *arguments)
    assert began == [0, 1, 0, 1]
    assert code == 2
    assert errors[-2].startswith("2 of the 4 jobs that began failed: experiment=")
    for name in ("demo", "bandit_k5_n10"):
        assert f"experiment={name} seed=1: num_envs is 7; it must be even" in errors[-2]
    assert "the same command runs them again" in errors[-2]
    assert errors[-1].startswith("error: 2 of 4 jobs failed")

    code, errors = sweep(monkeypatch, capsys, lambda config: None, *arguments)
    assert (code, errors) == (0, [])


def test_a_sweep_preset_is_a_sweep_of_its_rows(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = []
    code, _ = sweep(
        monkeypatch, capsys, lambda config: names.append((config.name, config.seed)),
        "+sweep=table2", "seed=5",
    )  # fmt: skip
    assert code == 0
    assert names == [(f"mdp_n{n}", 5) for n in (10, 100, 25, 50, 75)]


def test_a_setting_may_be_of_the_presets_that_vary(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    pulls = []
    arguments = ("-m", "experiment=bandit_k5_n10,bandit_k10_n10", "suite.num_pulls=20")
    code, _ = sweep(
        monkeypatch, capsys, lambda config: pulls.append(config.suite.num_pulls), *arguments
    )
    assert (code, pulls) == (0, [20, 20])


def test_a_setting_is_checked_in_the_jobs_where_presets_vary():
    alone = ["-m", "seed=0,1", "suite.num_pulls=20", "learner.lr=1e-3"]
    assert checked_in_jobs(alone) == alone
    given = ["-m", "+sweep=table1", "seed=0", "suite.num_pulls=20", "learner.lr=1e-3,1e-4"]
    assert checked_in_jobs(given)[3:] == ["suite.num_pulls=choice(20)", "learner.lr=1e-3,1e-4"]
    given = ["experiment=demo,mdp_n10", "agent.conv=[[16,8,4]]", "name='a b'", "hydra.job.name=x"]
    assert checked_in_jobs(given)[1:] == ["agent.conv=choice([[16,8,4]])", *given[2:]]


def test_folders_of_sweeps_are_not_shared(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = ("-m", "hydra.sweep.dir=out", "seed=0")

    def body(config):
        with pytest.raises(ValueError, match=r"hydra\.sweep\.dir .*out is in use"):
            sweep_folder.opened(tmp_path / "out", []).__enter__()

    assert sweep(monkeypatch, capsys, body, *given, "experiment=demo") == (0, [])
    code, errors = sweep(monkeypatch, capsys, body, *given, "experiment=mdp_n10")
    assert code == 2
    assert len(errors) == 1
    assert "holds another sweep (experiment=demo train); give another hydra.sweep.dir" in errors[0]
    more = ("-m", "hydra.sweep.dir=out", "seed=1,2", "experiment=demo", "total_steps=9")
    assert sweep(monkeypatch, capsys, body, *more) == (0, [])


def test_a_launcher_that_gives_up_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def killed(*_):
        raise RuntimeError("a worker died\nat length")

    monkeypatch.setattr(sweep_module, "run_hydra", killed)
    code, errors = sweep(monkeypatch, capsys, print, "-m", "seed=0,1")
    assert code == 2
    assert errors == [
        "error: the launcher gave up (RuntimeError: a worker died); the same command "
        "resumes the sweep"
    ]


def test_what_does_not_exist_starts_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    began = []
    code, errors = sweep(monkeypatch, capsys, began.append, "-m", "experiment=demo,dmo")
    assert (code, began) == (2, [])
    assert "did you mean demo?" in errors[-1]


@pytest.mark.parametrize(
    "given", ["seed=range(0,0)", "learner.lr=range(1.0,0.5,0.1)", "experiment=glob(zzz*)"]
)
def test_a_sweep_over_no_value_is_refused(given, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    began = []
    code, errors = sweep(monkeypatch, capsys, began.append, "-m", "num_envs=8,16", given)
    assert (code, began) == (2, [])
    key, _, value = given.partition("=")
    assert errors == [f"error: {key} is {value}, which names no value; give one or more"]
    assert not any(tmp_path.iterdir())


def test_a_pattern_and_a_range_of_some_values_are_a_sweep(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    began = []
    given = "-m", "experiment=glob(demo)", "seed=range(1,3)"
    code, _ = sweep(monkeypatch, capsys, lambda config: began.append(config.seed), *given)
    assert (code, began) == (0, [1, 2])


@pytest.mark.parametrize(
    ("launcher", "remedy"),
    [
        ("submitit_slurm", "pip install 'rl2-mazes[slurm]'"),
        ("joblib", "pip install hydra-joblib-launcher"),
        ("jobilb", "did you mean joblib?"),
    ],
)
def test_a_launcher_that_is_not_there(launcher, remedy):
    error = MissingConfigException("no", missing_cfg_file=f"hydra/launcher/{launcher}")
    assert remedy in one_line(error, "train", [])


@pytest.mark.parametrize("logs", [False, True])
def test_a_sweep_without_a_job_leaves_nothing_but_its_launchers_logs(logs, tmp_path):
    folder = tmp_path / "out"
    with sweep_folder.opened(folder, []):
        if logs:
            (folder / ".submitit").mkdir()
    assert folder.exists() == logs


def test_a_killed_process_is_told_from_one_that_ended(tmp_path):
    with sweep_folder.opened(tmp_path, []):
        with sweep_folder.recorded(tmp_path, "a"):
            pass
        left = (tmp_path / "outcomes").iterdir().__next__()
        text = json.dumps({"job": "b", "rank": 0, "error": sweep_folder.KILLED})
        left.with_name("b.json").write_text(text)
        assert sweep_folder.failures(tmp_path) == (2, {"b": sweep_folder.KILLED})


def test_a_job_that_is_queued_again_counts_by_how_it_ends(tmp_path, monkeypatch):
    with sweep_folder.opened(tmp_path, []):
        with pytest.raises(SystemExit), sweep_folder.recorded(tmp_path, "a"):
            raise SystemExit(-1)
        assert sweep_folder.failures(tmp_path) == (1, {"a": "-1"})
        with sweep_folder.recorded(tmp_path, "a"):
            pass
        assert sweep_folder.failures(tmp_path) == (1, {})
        monkeypatch.setenv("SLURM_PROCID", "1")  # its other process fails
        with pytest.raises(ValueError, match="no"), sweep_folder.recorded(tmp_path, "a"):
            raise ValueError("no")
        assert sweep_folder.failures(tmp_path) == (1, {"a": "no"})


def test_a_tables_experiments_lie_apart_though_all_have_one_name():
    (folder,) = with_job_folders(["-m", "+sweep=table1", "name=mine"])[3:]
    assert "experiment_${hydra:runtime.choices.experiment}__seed_${seed}" in folder
    (folder,) = with_job_folders(["-m", "+sweep=table1"])[2:]
    assert "experiment" not in folder


def test_keys_that_a_preset_of_a_sweep_varies_are_in_the_folders_names(tmp_path):
    (folder,) = with_job_folders(["+sweep=tune"])[1:]
    for key in ("learner.ent_coef", "learner.lr"):
        assert f"{key}_${{name_of:${{{key}}}}}" in folder
    (tmp_path / "sweep").mkdir()
    own = "hydra:\n  sweeper:\n    params:\n      num_envs: 8,16\n      seed: 0,1\n"
    (tmp_path / "sweep" / "own.yaml").write_text(own)
    (folder,) = with_job_folders(["+sweep=own", "--config-dir", str(tmp_path)])[3:]
    assert folder.endswith("num_envs_${name_of:${num_envs}}__seed_${seed}'")


def test_values_become_names_that_no_shell_needs_quotes_for():
    values = OmegaConf.create(
        {key: f"${{name_of:${{given.{key}}}}}" for key in "abc"}
        | {"given": {"a": [1, 2], "b": 1e-3, "c": "demo"}}
    )
    assert [values[key] for key in "abc"] == ["1_2", "0.001", "demo"]


def test_a_job_returns_what_a_sweeper_optimises(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}

    def hydra(name, job, arguments):
        found["job"] = job(OmegaConf.structured(Config))

    monkeypatch.setattr(sweep_module, "run_hydra", hydra)
    monkeypatch.setattr(sweep_module.HydraConfig, "get", lambda: NO_OVERRIDES)
    sweep_module.run_sweep("own", Config, lambda settings: settings.value, ["-m"])
    assert found["job"] == 1.5

    def fail(settings):
        raise UserError("no")

    with pytest.raises(UserError, match="1 of 1 jobs failed"):
        sweep_module.run_sweep("own", Config, fail, ["-m"])
    assert found["job"] is None


@dataclass
class Config:
    value: float = 1.5


NO_OVERRIDES = OmegaConf.create({"overrides": {"task": []}})


TWICE = """
import sys
from rl2_mazes.agents import train

arguments = list(sys.argv)
for _ in range(2):
    sys.argv = list(arguments)
    try:
        train.main()
    except SystemExit as end:
        print("exit code", end.code, file=sys.stderr)
"""


def in_a_process(cwd, code, *arguments):
    """Standard error of a program in a process of its own, which the launchers need."""
    done = subprocess.run(
        [sys.executable, "-c", code, "--multirun", *TINY, *arguments],
        cwd=cwd, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_jobs_side_by_side_go_on_and_skip_what_is_done(tmp_path):
    asked = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "seed=0", "learner.lr=-1,1e-3")
    first, again, _ = in_a_process(tmp_path, TWICE, *asked).split("exit code 2\n")
    assert "1 of the 2 jobs that began failed" in first
    assert "failed: learner.lr=-1: learner.lr is -1.0; it must be above 0" in first
    run = tmp_path / "runs" / "tiny" / "learner.lr_0.001__seed_0"
    assert [p.parent for p in tmp_path.rglob("metrics.jsonl")] == [run]
    assert "learner.lr_0.001__seed_0 is done" not in first
    assert again.count("learner.lr_0.001__seed_0 is done, 320 steps") == 1


@pytest.mark.slow
def test_submitit_trains_in_two_ranks(tmp_path):
    pytest.importorskip("submitit", reason="the extra `slurm` is not installed")
    tasks = ("hydra/launcher=submitit_local", "hydra.launcher.tasks_per_node=2")
    once = "from rl2_mazes.agents.train import main; main()"
    in_a_process(tmp_path, once, *tasks, "hydra.launcher.timeout_min=60", "seed=0")
    run = tmp_path / "runs" / "tiny" / "seed_0"
    lines = (run / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["steps"] for line in lines] == [160, 320]
    assert json.loads((run / "origins.jsonl").read_text())["processes"] == 2
