"""Logs of a training behind one interface: curves in groups, settings beside them."""

import sys
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.logger import tag
from rl2_mazes.core.storage.run_folder import RunFolder, read_metrics

CONFIG = {"name": "toy", "learner": {"kind": "ppo", "lr": 0.1}, "shape": [1, 2], "seed": None}


def test_tensorboard_has_groups_and_settings(tmp_path):
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(0, tensorboard=True)
        folder.log(10, {"trial_return": 0.5, "entropy": 1.0, "n10/success_1": 0.25})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    tags = {"episodes/trial_return", "learner/entropy", "n10/success_1"}
    assert set(events.Tags()["scalars"]) == tags
    (point,) = events.Scalars("episodes/trial_return")
    assert (point.step, point.value) == (10, 0.5)
    content = events.PluginTagToContent("hparams")
    start = str(content["_hparams_/session_start_info"])
    assert "learner.lr" in start
    assert "shape" in start
    assert "episodes/length_2" in str(content["_hparams_/experiment"])
    assert read_metrics(tmp_path / "metrics.jsonl")[0]["entropy"] == 1.0


def test_weights_and_biases_gets_the_same(tmp_path, monkeypatch):
    calls = []

    def init(**keys):
        calls.append(keys)
        finish = lambda: calls.append("finished")  # noqa: E731
        return SimpleNamespace(log=lambda m, step: calls.append((step, m)), finish=finish)

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init))
    with RunFolder(tmp_path / "a", CONFIG) as folder:
        folder.open_logs(0, tensorboard=False, wandb=True)
        folder.log(10, {"entropy": 1.0})
    begun, logged, finished = calls
    assert begun["id"].endswith("-a")
    assert "/" not in begun["id"]
    assert begun["config"]["learner.lr"] == 0.1
    assert (logged, finished) == ((10, {"learner/entropy": 1.0}), "finished")


def test_without_wandb_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    says = r"wandb=true needs wandb, which .*pip install 'rl2-mazes\[wandb\]'"
    with RunFolder(tmp_path, CONFIG) as folder, pytest.raises(UserError, match=says):
        folder.open_logs(0, tensorboard=False, wandb=True)


def test_wandb_offline_writes_below_the_run(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="pip install 'rl2-mazes[wandb]'")
    monkeypatch.setenv("WANDB_MODE", "offline")
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(0, tensorboard=False, wandb=True)
        folder.log(10, {"entropy": 1.0})
    assert list((tmp_path / "wandb").glob("offline-run-*"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("length_2", "episodes/length_2"), ("lr", "learner/lr"), ("n10/lr", "n10/lr")],
)
def test_tags(name, expected):
    assert tag(name) == expected
