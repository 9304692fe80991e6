"""Trials on disk: a round trip, and one line for a damaged file."""

import numpy as np
import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.trials.log_file import load_log, save_log
from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.maze import Maze, Pose

SHORTEST = np.array([[5, 5]])
ROOM = Maze(
    np.pad(np.zeros((1, 3), bool), 1, constant_values=True), (Pose(1, 1),), ((1, 3), (1, 2))
)


def test_a_log_comes_back(tmp_path, trial: TrialLog):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST, [ROOM])
    log, shortest, targets = load_log(path)
    for name in ("length", "success", "episode_return", "actions"):
        assert (getattr(log, name) == getattr(trial, name)).all(), name
    assert log.tasks.tolist() == trial.tasks.tolist()
    assert log.poses is None
    assert shortest is not None
    assert (shortest == SHORTEST).all()
    assert targets.tolist() == [[[1, 3], [1, 2]]]


def test_a_file_of_an_older_format_is_an_error(tmp_path, trial: TrialLog):
    names = ("length", "success", "episode_return", "actions")
    np.savez(tmp_path / "old.npz", **{name: getattr(trial, name) for name in names})  # type: ignore
    with pytest.raises(UserError, match=r"old.npz has no 'shortest': it has an older format"):
        load_log(tmp_path / "old.npz")
    whole = {"shortest": SHORTEST, "tasks": np.zeros(1, np.int64)}
    whole |= {name: getattr(trial, name) for name in names}
    np.savez(tmp_path / "old.npz", **whole)
    with pytest.raises(UserError, match=r"old.npz has no 'targets': it has an older format"):
        load_log(tmp_path / "old.npz")


@pytest.mark.parametrize(
    ("name", "array", "problem"),
    [
        ("length", np.array("a"), "length is of type <U1"),
        ("length", np.full((1, 2), 2**62), "length is no number of steps"),
        ("length", np.array([[15, -1]]), "length is no number of steps"),
        ("length", np.zeros((0, 0), int), "length is no number of steps"),
        ("success", np.ones((1, 2)), "success is of type float64"),
        ("tasks", np.zeros((1, 1), int), r"tasks has the shape \(1, 1\), not \(1,\)"),
        (
            "targets",
            np.zeros((2, 2, 2), int),
            r"targets has the shape \(2, 2, 2\), not \(1, 2, 2\)",
        ),
    ],
)
def test_arrays_of_another_type_or_shape_are_named(tmp_path, trial, name, array, problem):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST, [ROOM])
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, name: array})
    with pytest.raises(UserError, match=f"trials.npz is damaged: {problem}$"):
        load_log(path)


@pytest.mark.parametrize(("at", "value"), [(8, 1), (10, 99)], ids=["encrypted", "compression"])
def test_what_zip_files_may_be_but_ours_are_not_is_damage(tmp_path, trial, at, value):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST, [ROOM])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + at] = value  # of the first entry in the directory
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"trials.npz is damaged or half-written"):
        load_log(path)


def test_half_a_file_is_an_error(tmp_path, trial: TrialLog):
    path = tmp_path / "trials.npz"
    save_log(path, trial, SHORTEST, [ROOM])
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
    arrays |= {"shortest": SHORTEST, "tasks": np.zeros(1, dtype=np.int64)}
    arrays["targets"] = np.zeros((1, 2, 2), dtype=np.int64)
    np.savez(tmp_path / "short.npz", **arrays, actions=trial.actions[:-1])
    with pytest.raises(ValueError, match=r"actions has the shape \(13,\), not \(14,\)"):
        load_log(tmp_path / "short.npz")
