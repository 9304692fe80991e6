"""Runs are read whole, or the error says what is wrong with which and what to do."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.page_runs import write_run

from rl2_mazes.eval.reports.html.runs import read_runs, short_names


@pytest.fixture
def run(tmp_path) -> Path:
    return write_run(tmp_path / "demo" / "seed_0")


def test_a_run_is_read(run):
    (read,) = read_runs([run])
    assert read.name == "demo/seed_0"
    assert read.config["seed"] == 0
    assert len(read.curve) == 19
    assert len(read.mazes) == 4
    assert read.battery is None
    extra = [[12, 0], [8, 0], [4, 0], [0, 4]]  # four steps a round
    assert (read.log.length - read.shortest).tolist() == extra


def test_an_evaluation_may_lie_elsewhere(run, tmp_path):
    shutil.move(run / "evaluation", tmp_path / "large")
    (read,) = read_runs([tmp_path / "large"])
    assert read.config["seed"] == 0, "of the run that the checkpoint lies in"
    assert len(read.curve) == 19
    shutil.rmtree(run)
    (read,) = read_runs([tmp_path / "large"])
    assert (read.config, read.curve) == ({}, [])


def test_names_tell_runs_apart():
    paths = [Path(each) for each in ("/a/demo/seed_0", "/a/demo/seed_1/evaluation")]
    assert short_names(paths) == ["demo/seed_0", "demo/seed_1"]
    paths = [Path(each) for each in ("/a/demo/seed_0", "/b/demo/seed_0")]
    assert short_names(paths) == ["a/demo/seed_0", "b/demo/seed_0"]


def spoil_results(run: Path) -> None:
    file = run / "evaluation" / "results.json"
    file.write_text(file.read_text()[:300])


def drop_a_figure(run: Path) -> None:
    file = run / "evaluation" / "results.json"
    results = json.loads(file.read_text())
    del results["spl"]
    file.write_text(json.dumps(results))


def spoil_trials(run: Path) -> None:
    file = run / "evaluation" / "trials.npz"
    file.write_bytes(file.read_bytes()[:200])


def drop_trials(run: Path) -> None:
    (run / "evaluation" / "trials.npz").unlink()


def play_another(run: Path) -> None:
    other = write_run(run.parent / "other", rounds=[(1, 0)] * 3)
    shutil.copy(other / "evaluation" / "trials.npz", run / "evaluation" / "trials.npz")


def drop_evaluation(run: Path) -> None:
    shutil.rmtree(run / "evaluation")


def evaluate_on_the_twin_alone(run: Path) -> None:
    (run / "evaluation").rename(run / "of_the_twin")
    (run / "evaluation").mkdir()
    (run / "of_the_twin").rename(run / "evaluation" / "engine_twin")


def play_bandits(run: Path) -> None:
    (run / "config.yaml").write_text("suite: {kind: bandits}")


def spoil_battery(run: Path) -> None:
    (run / "evaluation" / "battery.json").write_text('{"ratio": 0.')


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_results, "results.json is damaged or half-written; evaluate it again with rl2-eval"),
        (drop_a_figure, r"results.json has no 'spl'; evaluate it again with rl2-eval agent="),
        (spoil_trials, r"trials.npz is damaged or half-written \(\w+\); evaluate it again with"),
        (drop_trials, "trials.npz does not exist; evaluate it again with rl2-eval agent="),
        (play_another, "trials.npz and results.json are of different evaluations; evaluate it"),
        (drop_evaluation, "has no evaluation; evaluate it first with rl2-eval agent="),
        (evaluate_on_the_twin_alone, r"name its folder: agents=\[.*/evaluation/engine_twin\]"),
        (play_bandits, "plays bandits, .* rl2-eval agent="),
        (spoil_battery, "battery.json is damaged or half-written; run the battery again"),
        (shutil.rmtree, "does not exist; give the folder of an evaluated run, such as runs/"),
    ],
)
def test_what_cannot_be_read_is_named(run, spoil, message):
    spoil(run)
    with pytest.raises(ValueError, match=message) as error:
        read_runs([run])
    assert str(run) in str(error.value)
    assert "\n" not in str(error.value)


def test_each_run_once(run):
    with pytest.raises(ValueError, match=re.escape(f"{run} is given twice")):
        read_runs([run, run])


def test_trials_of_an_older_format_say_what_to_do(run):
    file = run / "evaluation" / "trials.npz"
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored if name not in ("shortest", "tasks")}
    np.savez(file, **arrays)
    with pytest.raises(ValueError, match="an older format; evaluate it again with rl2-eval"):
        read_runs([run])
