"""rl2-eval on an agent of a tabular suite, as a user runs it."""

import json
import sys

import pytest

from rl2_mazes.agents.zoo.records import read_measurements
from rl2_mazes.eval import evaluate

OLD_KEY = "checkpoint"


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["rl2-eval", *arguments])
    evaluate.main()
    return capsys.readouterr().out


def test_a_pretrained_agent_beside_what_was_printed(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    out = run(monkeypatch, capsys, "agent=pretrained/bandit_k5_n10", "num_trials=300")
    results = json.loads(out.splitlines()[-1])
    low, high = results["mean_ci"]
    assert low < results["mean"] < high
    assert results["mean"] == pytest.approx(6.67, abs=0.4)  # as its card says; standard error .12
    assert high - low == pytest.approx(2 * 1.96 * results["se"])
    assert results["by_regret"] == pytest.approx(6.63, abs=4 * results["by_regret_se"])
    assert results["by_regret_se"] < results["se"]
    assert "this agent, by regret" in out
    table = dict(line.rsplit("  ", 1) for line in out.splitlines() if line[:4] in ("RL² ", "UCB1"))
    assert {name.strip(): value.strip() for name, value in table.items()} == {
        "RL² (paper)": "6.7",
        "UCB1": "6.7",
    }
    folder = tmp_path / "runs" / "pretrained" / "bandit_k5_n10" / "seed_0" / "evaluation"
    record = read_measurements(folder / "results.json")[0]
    assert (record["suite"], record["row"], record["trials"]) == ("bandits", "k5_n10", 300)
    assert record["mean"] == pytest.approx(results["mean"], abs=1e-5)
    assert record["by_regret"] == pytest.approx(results["by_regret"], abs=1e-5)
    assert "6.7" in (folder / "report.md").read_text()


def test_other_evaluations_leave_the_usual_one_alone(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    few = ("agent=pretrained/bandit_k5_n10", "num_trials=50")
    run(monkeypatch, capsys, *few, "seed=0", "greedy=false")
    folder = tmp_path / "runs" / "pretrained" / "bandit_k5_n10" / "seed_0" / "evaluation"
    usual = (folder / "results.json").read_text()
    run(monkeypatch, capsys, *few, "seed=1", "suite=bandits/k5_n100")
    assert (folder / "seed_1__suite_bandits_k5_n100" / "results.json").is_file()
    assert (folder / "results.json").read_text() == usual


def test_figures_of_other_tasks_than_the_rows_say_so(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    few = ("agent=pretrained/mdp_n10", "num_trials=20", "output_dir=out", "suite=mdps/n10")
    out = run(monkeypatch, capsys, *few, "suite.reward_mean=5.0")
    assert "no results were printed for these tasks" in out
    (file,) = (tmp_path / "out").rglob("results.json")
    assert json.loads(file.read_text())["published"] == []
    assert read_measurements(file)[0]["row"] == "n10 with reward_mean=5.0"


def test_another_length_of_trial(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    few = ("agent=pretrained/bandit_k5_n10", "num_trials=100", "output_dir=out")
    longer = json.loads(run(monkeypatch, capsys, *few, "suite=bandits/k5_n100").splitlines()[-1])
    assert longer["row"] == "k5_n100"
    assert 50 < longer["mean"] < 90
    own = json.loads(run(monkeypatch, capsys, *few, "episodes_per_trial=3").splitlines()[-1])
    assert own["row"] == "k5_n3"
    assert own["mean"] < 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["suite=mazes/grid_small"],
            "was trained on the suite 'bandits'; it cannot act in 'mazes'",
        ),
        (["suite=bandits/k10_n10"], "the agent is for"),
        (["num_trials=1"], "num_trials is 1; standard errors need at least 2"),
        ([f"{OLD_KEY}=pretrained/bandit_k5_n10"], f"{OLD_KEY} is now agent"),
    ],
)
def test_a_wrong_command_is_answered_in_one_line(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    command = ["rl2-eval", "agent=pretrained/bandit_k5_n10", *arguments]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit):
        evaluate.main()
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
