"""The main programs as a user runs them: real engines, tiny trainings."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from support.processes import GIVE_UP, wait_for
from support.programs import TINY, command, environment, run, steps_logged

from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks.faults.processes import ENGINE as AN_ENGINE
from rl2_mazes.benchmarks.faults.processes import workers_and_engines
from rl2_mazes.core.errors import SimulatorError
from rl2_mazes.eval import evaluate

ENGINE = ("engine=doom", "engine.hang_timeout=1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run's folder, in a place with a space in its name, after 200 steps."""
    cwd = tmp_path_factory.mktemp("a place")
    run(cwd, "rl2_mazes.agents.train", *TINY, "name=tiny", "total_steps=200")
    return cwd / "runs" / "tiny" / "seed_0"


@pytest.mark.slow
def test_the_same_command_goes_on(trained):
    assert steps_logged(trained) == [100, 200]
    cwd = trained.parents[2]
    older = (trained / "config.yaml").read_text().replace("    split_by: maze\n", "")
    assert "split_by" not in older  # a key that this run is older than
    (trained / "config.yaml").write_text(older)
    again = run(cwd, "rl2_mazes.agents.train", *TINY, "name=tiny", "total_steps=400")
    assert "resuming from 200 steps" in again.stderr
    assert steps_logged(trained) == [100, 200, 300, 400]
    other = run(cwd, "rl2_mazes.agents.train", *TINY, "name=tiny", "learner.lr=1e-3", expect=2)
    assert "learner.lr=0.0007, this one has learner.lr=0.001" in other.stderr
    wider = run(
        cwd,
        "rl2_mazes.agents.train",
        *TINY[:-1],
        "name=tiny",
        "agent.memory.hidden_size=8",
        expect=2,
    )
    assert "agent.memory.hidden_size=16" in wider.stderr


@pytest.mark.slow
def test_a_simulator_that_cannot_be_kept_running_costs_no_update(tmp_path, monkeypatch):
    iterate = Trainer.iterate

    def fail_after_two(trainer):
        if trainer.steps == 200:
            raise SimulatorError("engine worker 0 died 4 times in a row")
        return iterate(trainer)

    monkeypatch.setattr(Trainer, "iterate", fail_after_two)
    arguments = (*TINY, "name=tiny", "total_steps=400")
    failed = run(tmp_path, "rl2_mazes.agents.train", *arguments, expect=2)
    assert failed.stderr.splitlines()[-1] == "error: engine worker 0 died 4 times in a row"
    monkeypatch.undo()
    again = run(tmp_path, "rl2_mazes.agents.train", *arguments)
    assert "resuming from 200 steps" in again.stderr


@pytest.mark.slow
def test_evaluation_ends_with_its_figures(trained):
    done = run(trained, "rl2_mazes.eval.evaluate", "agent=.", "num_trials=6", "num_envs=3")
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results["success"]) == len(results["length"]) == 2
    assert results["trials"] == 6
    assert {"length_ratio", "length_ratio_ci", "seconds"} <= results.keys()
    for name in ("video", "report"):
        assert (trained / results[name]).stat().st_size > 500
    on_disk = json.loads((trained / "evaluation" / "results.json").read_text())
    assert on_disk["success"] == results["success"]


@pytest.mark.slow
def test_a_film_that_fails_costs_one_line(trained, monkeypatch):
    def write_film(*_):
        raise RuntimeError("no ffmpeg\nmore lines")

    monkeypatch.setattr(evaluate, "write_film", write_film)
    few = ("agent=.", "num_trials=6", "num_envs=3", "output_dir=no_film")
    done = run(trained, "rl2_mazes.eval.evaluate", *few)
    (note,) = (line for line in done.stdout.splitlines() if "could not be filmed" in line)
    assert note.startswith("note: trial ")
    assert note.endswith(" could not be filmed: no ffmpeg")
    assert "more lines" not in done.stdout + done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    on_disk = json.loads((trained / "no_film" / "results.json").read_text())
    assert results["video"] is on_disk["video"] is None
    assert on_disk["success"] == results["success"]
    names = {path.name for path in (trained / "no_film").iterdir()}
    assert {"report.md", "results.json", "trials.npz", "paths.png"} <= names
    assert "trial.mp4" not in names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["suite=mazes/grid_small", "suite.rules.obs_height=60"], "the agent is for"),
        (["video_trial=6"], "video_trial is 6; it must be one of the trials 0 .. 5"),
        (["output_dir=/proc/nowhere"], "output_dir /proc/nowhere cannot be written"),
        (["num_trials=0"], "num_trials is 0; it must be at least 1"),
    ],
)
def test_evaluation_names_what_is_wrong(trained, arguments, message):
    few = ["agent=.", "num_trials=6", "num_envs=2", "video=false"]
    done = run(trained, "rl2_mazes.eval.evaluate", *few, *arguments, expect=2)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert message in errors[0]


@pytest.mark.slow
def test_a_sweep_and_a_single_run_share_folders(tmp_path):
    tiny = (*TINY, "name=tiny", "total_steps=100")
    run(tmp_path, "rl2_mazes.agents.train", "--multirun", *tiny, "seed=0,1")
    runs = sorted(p.parent for p in tmp_path.rglob("metrics.jsonl"))
    assert runs == [tmp_path / "runs" / "tiny" / f"seed_{seed}" for seed in (0, 1)]
    first, second = ((f / "metrics.jsonl").read_text().split("_seconds")[0] for f in runs)
    assert first != second
    assert "is done, 100 steps" in run(tmp_path, "rl2_mazes.agents.train", *tiny, "seed=1").stderr


@pytest.fixture
def endless(tmp_path):
    """A training that resumes until it is stated otherwise, and the ids of its engines."""
    process = subprocess.Popen(
        command("rl2_mazes.agents.train", *TINY, *ENGINE, "run_dir=run", "total_steps=100_000_000"),
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "run" / "metrics.jsonl"
    wait_for(lambda: log.exists() and log.read_text())  # an iteration is done
    yield process, tmp_path / "run"
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    wait_for(lambda: not engines_of(process.pid))


def engines_of(pid):
    """Process ids of the engines below a training."""
    return [each.pid for each in workers_and_engines(pid) if each.kind == AN_ENGINE]


@pytest.mark.slow
def test_an_endless_training_outlives_its_engines_and_ends_with_ctrl_c(endless):
    """One training for all of it: a run and its engines take seconds to start."""
    process, folder = endless
    same = (*TINY, *ENGINE, f"run_dir={folder}")
    done = run(folder.parent, "rl2_mazes.agents.train", *same, expect=2)
    assert "in use by another run" in done.stderr

    for fault in (signal.SIGKILL, signal.SIGSTOP):
        before = engines_of(process.pid)
        os.kill(before[0], fault)
        wait_for(lambda old=before: len(now := engines_of(process.pid)) == 4 and now != old)
        seen = len(steps_logged(folder))
        wait_for(lambda seen=seen: len(steps_logged(folder)) > seen + 2)
        assert process.poll() is None

    engines = engines_of(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(GIVE_UP) == 130
    assert list(folder.glob("checkpoints/step_*/weights.safetensors"))
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines))


@pytest.mark.slow
def test_a_training_that_explodes_stops_and_saves_nothing(tmp_path):
    few = ("suite=bandits/k5_n10", "num_envs=4", "num_steps=10", "tensorboard=false")
    few += ("agent.memory.hidden_size=16",)  # without kernels to compile
    done = run(tmp_path, "rl2_mazes.agents.train", *few, "run_dir=run", "learner.lr=1e9", expect=2)
    error = done.stderr.splitlines()[-1]
    assert error.startswith("error: value_loss is NaN or infinite, in the iteration after 0 steps")
    assert "no checkpoint was saved before; try a lower learner.lr" in error
    assert not (tmp_path / "run" / "checkpoints").exists()
