"""Trials on disk come back as they were, and what is damaged is told in a line."""

import numpy as np
import pytest

from rl2_mazes.eval.trials.log_file import load_log, save_log
from rl2_mazes.eval.trials.runner import TrialLog

SHORTEST = np.array([[5, 5]])


def test_a_log_comes_back(tmp_path, trial: TrialLog):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST)
    log, shortest = load_log(path)
    for name in ("length", "success", "episode_return", "actions"):
        assert (getattr(log, name) == getattr(trial, name)).all(), name
    assert log.tasks.tolist() == trial.tasks.tolist()
    assert log.poses is None
    assert shortest is not None
    assert (shortest == SHORTEST).all()


def test_files_from_before_tasks_were_stored(tmp_path, trial: TrialLog):
    names = ("length", "success", "episode_return", "actions")
    np.savez(tmp_path / "old.npz", **{name: getattr(trial, name) for name in names})  # type: ignore
    log, shortest = load_log(tmp_path / "old.npz")
    assert log.tasks.tolist() == [0]
    assert shortest is None


def test_half_a_file_is_an_error(tmp_path, trial: TrialLog):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="damaged or half-written") as error:
            load_log(path)
        assert str(path) in str(error.value)
    with pytest.raises(ValueError, match="does not exist"):
        load_log(tmp_path / "none.npz")


def test_steps_that_do_not_add_up_are_an_error(tmp_path, trial: TrialLog):
    names = ("length", "success", "episode_return")
    arrays = {name: getattr(trial, name) for name in names}
    np.savez(tmp_path / "short.npz", **arrays, actions=trial.actions[:-1])
    with pytest.raises(ValueError, match=r"actions has the shape \(13,\), not \(14,\)"):
        load_log(tmp_path / "short.npz")
