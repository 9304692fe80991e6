"""A small data set of the oracle's trials in corner-sized frames."""

import pytest

import rl2_mazes as rl2
from rl2_mazes.eval.datasets.players import load_player
from rl2_mazes.eval.datasets.writing import record
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

SUITE = MazeSuite(
    tasks=MazeTasks(num_mazes=5),
    rules=MazeRules(movement="grid", horizon=12, obs_height=6, obs_width=8),
)


def record_small(folder, agent="explorer", suite=SUITE, **options):
    settings = {"num_trials": 5, "engine": TwinSettings(), "shard_trials": 2, **options}
    return record(load_player(agent), suite, folder, **settings)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> rl2.Dataset:
    folder = tmp_path_factory.mktemp("data") / "explorer"
    record_small(folder)
    return rl2.load_dataset(folder)
