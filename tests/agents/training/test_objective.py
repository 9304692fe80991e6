"""The objective of a training: the mean of a metric over its last tenth."""

import math

import pytest

from rl2_mazes.agents import train
from rl2_mazes.agents.training.objective import objective, require_measured
from rl2_mazes.core.cli.within import read_settings
from rl2_mazes.core.errors import UserError

TINY = ["suite=bandits/k5_n10", "agent.memory.hidden_size=8", "num_envs=8", "num_steps=20"]
TINY += ["learner.num_minibatches=2", "tensorboard=false", "total_steps=320", "device=cpu"]


def lines(**metrics) -> list[dict]:
    """Iterations at 100, 200 ... steps."""
    columns = zip(*metrics.values(), strict=True)
    return [
        {"steps": 100 * i, **dict(zip(metrics, values, strict=True))}
        for i, values in enumerate(columns, 1)
    ]


def test_it_is_the_mean_over_the_last_tenth():
    found = lines(trial_return=[float(i) for i in range(20)], length_2=[5.0] * 20)
    assert objective(found) == (17 + 18 + 19) / 3  # from 1,800 of 2,000 steps on
    assert objective(found, "length_2") == 5


def test_of_a_mixture_it_is_the_mean_of_its_rows():
    rows = {"bandits/k5_n10/trial_return": [6.0], "bandits/k5_n100/trial_return": [70.0]}
    assert objective(lines(**rows)) == 38


def test_iterations_in_which_no_trial_ended_are_left_out():
    assert objective([{"steps": 1}, {"steps": 95, "trial_return": 3.0}, {"steps": 100}]) == 3
    assert math.isnan(objective([{"steps": 100, "entropy": 1.0}]))


def test_a_metric_that_was_not_measured_is_an_error_that_lists_the_others():
    with pytest.raises(ValueError, match=r"objective is .* choose from entropy, len"):
        objective([{"steps": 100, "entropy": 1.0, "length_2": 9.0}], "lenght_2")


@pytest.mark.parametrize("metric", [None, "trial_return", "kl"])
def test_what_is_measured_may_be_the_objective(metric):
    require_measured(metric, {"trial_return", "kl"})


def test_another_objective_is_refused_after_the_first_iteration(tmp_path):
    run_dir = f"run_dir={tmp_path / 'run'}"
    settings = read_settings("train", train.TrainConfig, [*TINY, run_dir, "objective=foo"], "key")
    with pytest.raises(UserError, match=r"objective is 'foo', .*choose from clip_f.*trial_return"):
        train.run(settings)
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == ""
    settings.objective = "trial_return"
    train.run(settings)
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 2


def test_an_empty_run_dir_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings("train", train.TrainConfig, [*TINY, "run_dir="], "key")
    with pytest.raises(UserError, match=r"^run_dir is empty; give a folder, or leave it out"):
        train.run(settings)
    assert not any(tmp_path.iterdir())
