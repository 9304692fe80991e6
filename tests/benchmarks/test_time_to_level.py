"""Trainings end where a level is held, and are not repeated."""

import json
import shutil
import sys
from dataclasses import asdict, replace

import pytest
import torch

from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.agents.train import run as rl2_train
from rl2_mazes.agents.training.checkpoint import load_agent
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks import time_to_level
from rl2_mazes.benchmarks.time_to_level import LEVELS, Seed, TimeToLevelConfig, row
from rl2_mazes.core.cli.within import read_settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.schema import parse

OF_LATER_FILES = {"num_trials", "device", "preset"}
TINY = ["num_envs=16", "num_steps=10", "total_steps=960", "agent.memory.hidden_size=20"]


def train(monkeypatch, answers):
    """A training of six iterations, whose measurements reach the level as `answers` say."""
    given = iter(answers)
    level = replace(LEVELS["demo"], preset="bandit_k5_n10", reached=lambda figures: next(given))
    monkeypatch.setitem(LEVELS, "tiny", level)
    settings = TimeToLevelConfig(num_trials=10, device="cpu", changes=TINY)
    return time_to_level.train("tiny", 0, settings, torch.device("cpu"))


def test_a_level_counts_from_the_first_of_two_measurements_in_a_row(monkeypatch):
    found = train(monkeypatch, [False, True, False, True, True])
    assert (found.steps, found.trained) == (4 * 160, 5 * 160)
    assert found.seconds is not None
    assert found.seconds > 0
    assert found.figures["mean"] > 0


def test_a_level_at_the_end_counts_and_one_before_alone_does_not(monkeypatch):
    at_the_end = train(monkeypatch, [False] * 5 + [True])
    assert at_the_end.steps == at_the_end.trained == 960
    before = train(monkeypatch, [False] * 4 + [True, False])
    assert (before.steps, before.seconds, before.trained) == (None, None, 960)


def test_presets_anneal_as_in_a_training(monkeypatch):
    seen, iterate = [], Trainer.iterate

    def watched(trainer):
        seen.append(trainer.learner.progress)
        return iterate(trainer)

    monkeypatch.setattr(Trainer, "iterate", watched)
    train(monkeypatch, [False] * 6)
    assert seen == pytest.approx([each / 6 for each in range(6)])


def test_levels_are_those_of_the_figures():
    demo, walk, bandit = (LEVELS[name] for name in ("demo", "walk_small", "bandit_k50_n500"))
    assert demo.reached({"success": [1.0, 0.99], "length_ratio": 0.8})
    assert not demo.reached({"success": [1.0, 0.98], "length_ratio": 0.7})
    assert not demo.reached({"success": [1.0, 1.0], "length_ratio": None})
    assert walk.reached({"length_all": [52.4, 39.1]})
    assert not walk.reached({"length_all": [52.4, 39.2]})
    assert bandit.reached({"mean": 430.0, "by_regret": 439.0})
    assert not bandit.reached({"mean": 440.0, "by_regret": 438.0})


def test_the_median_counts_a_seed_that_never_held_as_last():
    def seed(steps):
        seconds = steps and 60.0 * steps
        return Seed("demo", [], 0, steps, seconds, 10, {}, {})

    found = row("demo", [seed(3), seed(None), seed(2)])
    assert (found["held"], found["steps"], found["minutes"]) == (2, 3, 3.0)
    assert row("demo", [seed(1), seed(None), seed(None)])["steps"] is None


def test_finished_seeds_are_kept(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    trained = []

    def fake(name, seed, settings, device):
        trained.append((name, seed))
        return made(name, seed, settings)

    monkeypatch.setattr(time_to_level, "train", fake)
    for seeds in (1, 2):
        arguments = ["levels=[demo,mdp_n10]", f"seeds={seeds}", "device=cpu"]
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        time_to_level.main()
    assert trained == [("demo", 0), ("mdp_n10", 0), ("demo", 1), ("mdp_n10", 1)]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [each["level"] for each in last["levels"]] == ["demo", "mdp_n10"]
    assert last["levels"][0]["steps"] == 50


def made(name, seed, settings):
    """A training that held its level."""
    own = settings.num_trials, "cpu"
    preset = LEVELS[name].preset
    return Seed(name, settings.changes, seed, 100 * seed, 60.0, 500, {}, {}, *own, preset)


def test_only_the_same_training_is_not_repeated(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    asked = []

    def fake(name, seed, settings, device):
        asked.append((settings.num_trials, str(device)))
        return replace(made(name, seed, settings), device=str(device))

    monkeypatch.setattr(time_to_level, "train", fake)
    monkeypatch.setattr(time_to_level, "configure_device", lambda device: None)
    monkeypatch.setattr(time_to_level, "checked", lambda settings, device: None)
    monkeypatch.setattr(time_to_level, "resolve_device", torch.device)
    for given in (["num_trials=2"], [], ["device=cuda:0"], ["num_trials=2"], ["device=cuda:0"]):
        arguments = ["levels=[demo]", "seeds=1", "device=cpu", *given]
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        time_to_level.main()
    assert asked == [(2, "cpu"), (500, "cpu"), (500, "cuda:0")]
    capsys.readouterr()


def test_a_training_knows_what_was_asked_for(monkeypatch):
    found = train(monkeypatch, [True, True])
    assert found.asked == ("tiny", "bandit_k5_n10", TINY, 0, 10, "cpu")
    earlier = {key: value for key, value in asdict(found).items() if key not in OF_LATER_FILES}
    assert parse(Seed, earlier, "a file").asked == ("tiny", None, TINY, 0, None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("learner.lrr=1", r"^changes: there is no key learner.lrr; did you mean learner.lr\?$"),
        ("total_steps=abc", r"^changes: total_steps is abc; it must be a whole number"),
        ("suite=foo", r"^changes: suite=foo does not exist; choose from bandits/"),
        ("learner.lr=-1", r"^changes: learner.lr is -1.0; it must be above 0"),
        ("--multirun", r"^changes: '--multirun' is no setting; settings are given as key=value"),
        ("learner.lr=1,2", r"^changes: learner.lr=1,2 has several values; give one"),
        ("num_envs=7", r"^num_envs is 7; it must be a multiple of learner.num_minibatches"),
    ],
)
def test_changes_are_refused_as_rl2_train_would_and_before_any_training(
    change, message, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time_to_level, "train", None)
    monkeypatch.setattr(sys, "argv", ["bench", "device=cpu", f"changes=['{change}']"])
    with pytest.raises(UserError, match=message) as refused:
        time_to_level.main()
    assert len(str(refused.value).splitlines()) == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("change", ["seed=3", "+seed=3", "init_from=pretrained/demo", "device=cpu"])
def test_keys_that_the_benchmark_sets_itself_cannot_be_changed(change):
    with pytest.raises(UserError, match=r"^changes holds .*, which cannot be changed: "):
        TimeToLevelConfig(changes=["learner.lr=1e-3", change])


@pytest.mark.parametrize("name", LEVELS)
def test_levels_are_trained_to_from_nothing(name):
    settings = time_to_level.settings_of(LEVELS[name].preset, 3, torch.device("cpu"), [])
    assert (settings.seed, settings.init_from, settings.run_dir) == (3, None, "")


@pytest.fixture
def run(tmp_path):
    """A training of six iterations that kept its weights after each but the fourth."""
    own = ["experiment=bandit_k5_n10", "device=cpu", "tensorboard=false", f"run_dir={tmp_path}/run"]
    config = read_settings("train", TrainConfig, [*own, *TINY, "keep_every=160"], "test")
    rl2_train(config)
    shutil.rmtree(tmp_path / "run/history/step_000000000640")
    return tmp_path / "run"


def find(monkeypatch, run, answers):
    given = iter(answers)
    level = replace(LEVELS["demo"], preset="bandit_k5_n10", reached=lambda figures: next(given))
    monkeypatch.setitem(LEVELS, "tiny", level)
    settings = TimeToLevelConfig(levels=["tiny"], num_trials=10, runs=[str(run)])
    return time_to_level.found_row("tiny", settings, torch.device("cpu"))["runs"][0]


def test_a_training_that_is_over_is_measured_by_the_weights_that_it_kept(monkeypatch, run):
    found = find(monkeypatch, run, [False, True, False, True, True])  # 160, 320, 480, 800, 960
    assert (found["steps"], found["trained"]) == (800, 960)
    _, card = load_agent(run / "history/step_000000000800")
    assert found["seconds"] == card.seconds > 0
    at_the_end = find(monkeypatch, run, [False] * 4 + [True])
    assert at_the_end["steps"] == 960
    never = find(monkeypatch, run, [True, False, True, False, False])
    assert (never["steps"], never["seconds"], never["trained"]) == (None, None, 960)


def test_the_last_agent_counts_where_its_history_lacks_it_and_so_does_the_first(monkeypatch, run):
    for step in (0, 480, 800, 960):  # as of a keep_every that was given late, and divides nothing
        shutil.rmtree(run / f"history/step_{step:012}")
    found = find(monkeypatch, run, [False, False, True])  # 160, 320, and 960 of the checkpoints
    assert (found["steps"], found["trained"]) == (960, 960)
    assert find(monkeypatch, run, [True, True])["steps"] == 160


def test_a_training_that_goes_on_may_still_lose_its_level(monkeypatch, run):
    config = (run / "config.yaml").read_text(encoding="utf-8")
    later = config.replace("total_steps: 960", "total_steps: 2000")
    (run / "config.yaml").write_text(later, encoding="utf-8")
    assert find(monkeypatch, run, [False] * 4 + [True])["steps"] is None
    assert find(monkeypatch, run, [False, False, False, True, True])["steps"] == 800


def test_a_warm_start_is_no_training_from_scratch(monkeypatch, run, tmp_path):
    warm = ["experiment=bandit_k5_n10", "device=cpu", "tensorboard=false", f"init_from={run}"]
    own = [*warm, f"run_dir={tmp_path}/warm", *TINY, "keep_every=160"]
    rl2_train(read_settings("train", TrainConfig, own, "test"))
    with pytest.raises(
        UserError, match="warm: it is a warm start; levels are of trainings from scratch"
    ):
        find(monkeypatch, tmp_path / "warm", [])


def test_all_runs_are_looked_at_before_the_first_is_measured(monkeypatch, run):
    monkeypatch.setattr(time_to_level, "run_trials", None)
    settings = TimeToLevelConfig(levels=["demo"], runs=[str(run), "missing"])
    with pytest.raises(UserError, match="runs names missing, which is no folder"):
        time_to_level.found_row("demo", settings, torch.device("cpu"))


def test_runs_are_not_trained(monkeypatch, run, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time_to_level, "train", None)
    level = replace(LEVELS["demo"], preset="bandit_k5_n10", reached=lambda figures: True)
    monkeypatch.setitem(LEVELS, "tiny", level)
    given = ["device=cpu", "num_trials=10", "levels=[tiny]", f"runs=[{run},{run}/../run]"]
    monkeypatch.setattr(sys, "argv", ["bench", *given])
    time_to_level.main()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["seeds"] == last["levels"][0]["held"] == 2
    assert [each["steps"] for each in last["levels"][0]["runs"]] == [160, 160]
    assert not time_to_level.FILE.exists()


def test_runs_without_weights_of_their_way_are_named_with_the_remedy(run, monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"runs names .*missing, which is no folder of a training"):
        find(monkeypatch, tmp_path / "missing", [])
    shutil.rmtree(run / "history")
    with pytest.raises(UserError, match=r"train it with rl2-train keep_every=48$"):
        find(monkeypatch, run, [])


def test_a_run_of_other_tasks_is_refused(run):
    settings = TimeToLevelConfig(levels=["mdp_n10"], num_trials=10, runs=[str(run)])
    with pytest.raises(UserError, match="run: the agent is for num_states=1, the suite has"):
        time_to_level.found_row("mdp_n10", settings, torch.device("cpu"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"levels": []}, "levels must name the one level of these trainings"),
        ({"levels": ["demo", "walk_small"]}, "levels must name the one level"),
        ({"levels": ["demo"], "changes": ["num_envs=8"]}, "leave changes out"),
        ({"levels": ["demo"], "runs": ["a", "a"]}, "runs names a training twice"),
    ],
)
def test_runs_have_one_level_and_no_changes(given, message):
    with pytest.raises(UserError, match=message):
        TimeToLevelConfig(**{"runs": ["runs/a"]} | given)


def test_an_unknown_level_is_named():
    with pytest.raises(UserError, match="levels names moon; it must name some of demo"):
        TimeToLevelConfig(levels=["moon"])
