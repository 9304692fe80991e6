"""Data sets: what they hold, and what an interruption or a wrong wish leaves."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.programs import run

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.tabular.mixed_suite import MixedSuite
from rl2_mazes.eval.datasets import writing
from rl2_mazes.eval.datasets.frames import FrameStore
from rl2_mazes.eval.datasets.shards import read_shard, write_shard
from rl2_mazes.mazes.geometry import cell_of, world_pose
from rl2_mazes.mazes.planning.shortest_paths import cell_distances
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinSettings

from .conftest import SUITE, record_small


def test_a_data_set_holds_its_trials_step_by_step(dataset):
    mazes = MazeSet.draw(SUITE.tasks)
    assert len(dataset) == 5
    assert [each.trials for each in dataset.card.shards] == [2, 2, 1]
    for maze, trial in zip(mazes, dataset, strict=True):
        steps = trial.task["length"].sum()
        assert {len(part) for part in (trial.observation, trial.action, trial.pose)} == {steps}
        assert (trial.task["walls"] == maze.walls).all()
        ends = trial.terminated | trial.truncated
        assert np.flatnonzero(ends).tolist() == (trial.task["length"].cumsum() - 1).tolist()
        assert trial.terminated[ends].tolist() == trial.task["success"].tolist()
        begins = np.flatnonzero(np.diff(trial.episode, prepend=-1))
        assert np.allclose(trial.pose[begins], world_pose(maze.start(0)))
        left = cell_distances(maze)
        assert trial.distance.tolist() == [left[cell_of(pose)] for pose in trial.pose]
        assert (trial.reward[trial.terminated] > 0.9).all()


def test_frames_are_those_that_the_actions_show(dataset):
    """The recorded actions, taken again from the maze's start, show the recorded frames."""
    trial = rl2.make_trial(SUITE)
    trial.tasks = torch.tensor([3])
    timestep = trial.reset(seed=0)
    recorded = dataset[3]
    for frame, action, reward in zip(
        recorded.observation, recorded.action, recorded.reward, strict=True
    ):
        assert (timestep.obs[0].numpy() == frame).all()
        timestep, outcome = trial.step(torch.tensor([int(action)]))
        assert outcome.reward.item() == reward
    assert outcome.trial_done.all()
    trial.env.close()


def test_equal_frames_are_stored_once():
    store = FrameStore()
    frames = torch.arange(4, dtype=torch.uint8).reshape(4, 1, 1, 1).expand(4, 2, 2, 3)
    numbers = store.add(frames[[3, 0, 3, 1]]).numpy()
    kept, index = store.used(numbers[[1, 3, 1]])  # the frame 3 is of a step that does not count
    assert kept[:, 0, 0, 0].tolist() == [0, 1]
    assert index.tolist() == [0, 1, 0]


def test_states_and_tasks_of_a_bandit(tmp_path):
    suite = rl2.make_suite("bandits/k5_n10")
    card = record_small(tmp_path / "random", "random_walk", suite)
    trial = rl2.load_dataset(tmp_path / "random")[4]
    assert trial.observation.tolist() == [0] * 10
    assert trial.task["task_parameters"].shape == (5,)  # mean rewards of the arms
    assert trial.regret.min() >= 0
    assert card.success_rate is None
    chosen = trial.task["task_parameters"][trial.action]
    assert np.allclose(trial.task["task_parameters"].max() - chosen, trial.regret, atol=1e-6)


def test_an_interrupted_recording_is_resumed_to_the_same_bytes(tmp_path, dataset, monkeypatch):
    written, whole = [], writing.write_shard

    def interrupted(path, arrays):
        if len(written) == 1:
            raise KeyboardInterrupt
        written.append(path.name)
        whole(path, arrays)

    monkeypatch.setattr(writing, "write_shard", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record_small(tmp_path / "again")
    assert not (tmp_path / "again").exists()
    monkeypatch.setattr(writing, "write_shard", lambda *given: (written.append(0), whole(*given)))
    card = record_small(tmp_path / "again")
    assert len(written) == 3  # the first shard was not recorded twice
    assert card.shards == dataset.card.shards
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again"]
    assert {path.suffix for path in (tmp_path / "again").iterdir()} == {".npz", ".json"}


def stop(*_):
    raise KeyboardInterrupt


def test_other_settings_do_not_resume(tmp_path, monkeypatch, dataset):
    other = replace(SUITE, episodes_per_trial=1)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "describe", stop)
        with pytest.raises(KeyboardInterrupt):
            record_small(tmp_path / "again", suite=other)
    assert record_small(tmp_path / "again").shards == dataset.card.shards


def test_a_folder_that_exists_is_refused_in_one_line(tmp_path):
    (tmp_path / "data").mkdir()
    done = run(
        tmp_path,
        "rl2_mazes.eval.record",
        "agent=oracle",
        "suite=mazes/grid_small",
        "output_dir=data",
        expect=2,
    )
    assert done.stderr.startswith("error: output_dir data exists; a data set is never overwritten")
    assert done.stderr.count("\n") == 1


def test_the_program_records_and_names_the_folder(tmp_path):
    done = run(
        tmp_path,
        "rl2_mazes.eval.record",
        "agent=random_walk",
        "suite=mazes/grid_small",
        "suite.rules.horizon=5",
        "num_trials=3",
    )
    result = json.loads(done.stdout.splitlines()[-1])
    dataset = rl2.load_dataset(tmp_path / result["folder"])
    assert result["folder"] == "data/random_walk/grid_small_changed_train"
    assert result["trials"] == len(dataset) == 3
    assert result["steps"] == sum(len(trial.action) for trial in dataset)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["agent=oracle"], "agent oracle is scripted and acts in any maze; give a suite"),
        (["agent=oracle", "suite=bandits/k5_n10"], "agent oracle reads the map of a maze"),
        (["agent=oracle", "suite=mazes/grid_small", "greedy=true"], "greedy is true, and agent"),
        (["agent=oracle", "format=parquet"], "format is 'parquet'; it must be one of npz, minari"),
        (["agent=random_walk", "suite=mixed/bandits"], "this is a mixture of rows, and a data set"),
        (
            ["agent=pretrained/bandits_one_agent/seed_0"],
            "this is a mixture of rows, and a data set",
        ),
    ],
)
def test_wrong_wishes_end_in_one_line(tmp_path, arguments, line):
    done = run(tmp_path, "rl2_mazes.eval.record", *arguments, expect=2)
    assert done.stderr.startswith(f"error: {line}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_mixture_of_rows_is_refused_before_anything_is_made(tmp_path):
    mixture = MixedSuite(["bandits/k5_n10", "bandits/k10_n10", "bandits/k50_n10"])
    with pytest.raises(UserError, match=r"it: suite=bandits/k5_n10 or suite=bandits/k50_n10$"):
        record_small(tmp_path / "data", "random_walk", mixture)
    with pytest.raises(UserError, match=r"it: suite=bandits/k5_n10$"):
        record_small(tmp_path / "data", "random_walk", MixedSuite(["bandits/k5_n10"]))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_named(tmp_path, dataset):
    with pytest.raises(UserError, match=r"holds no data set \(card.json is missing\)"):
        rl2.load_dataset(tmp_path)
    for file in dataset.folder.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[:-9] if "02" in file.name else content)
    with pytest.raises(UserError, match=r"trials_000002.npz is damaged \(its checksum"):
        rl2.load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("length", lambda x: x.astype("U3"), "length is of type <U3"),
        ("length", lambda x: x.sum(), r"length has the shape \(1,\)"),
        ("pose", lambda x: x[:, :2], r"pose has the shape .* 2\), not .* 3\)"),
        ("frame", lambda x: x + 10**6, "frame names frames that are not there"),
    ],
)
def test_a_shard_of_other_arrays_is_named(tmp_path, dataset, name, change, problem):
    arrays = read_shard(dataset.folder / dataset.card.shards[0].file)
    write_shard(tmp_path / "x.npz", {**arrays, name: change(arrays[name])})
    with pytest.raises(UserError, match=f"x.npz is damaged: {problem}"):
        read_shard(tmp_path / "x.npz")


def test_agents_are_recorded_from_python(tmp_path):
    class Forward:
        def initial_carry(self, batch_size):
            return None

        def act(self, carry, timestep, rng):
            return torch.full(timestep.is_first.shape, 2), carry, None

    data = rl2.record_trials(Forward(), SUITE, tmp_path / "data", num_trials=2)
    assert data.card.agent == {"name": "Forward"}
    assert (data[-1].action == 2).all()
    with pytest.raises(IndexError):
        data[2]
    with pytest.raises(UserError, match="exists; a data set is never overwritten"):
        rl2.record_trials("oracle", SUITE, tmp_path / "data")


def test_the_engine_is_only_started_for_what_is_missing(tmp_path, dataset, monkeypatch):
    """All shards of an interrupted recording are there, but not its card."""
    started = []
    begin = TwinSettings.start
    monkeypatch.setattr(
        TwinSettings, "start", lambda self, *given: (started.append(0), begin(self, *given))[1]
    )
    with monkeypatch.context() as patched:
        patched.setattr(writing, "describe", stop)
        with pytest.raises(KeyboardInterrupt):
            record_small(tmp_path / "again")
    assert len(started) == 1
    assert record_small(tmp_path / "again").shards == dataset.card.shards
    assert len(started) == 1
