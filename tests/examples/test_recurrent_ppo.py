"""The example runs, and counts trials as it says."""

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="pip install -e '.[gym,bench]' for the example's agent")

from examples.recurrent_ppo import main, report, run_trials


def test_more_trials_than_test_mazes_are_refused_before_the_training(capsys, tmp_path):
    saved = tmp_path / "agent.zip"
    with pytest.raises(SystemExit):
        main(["--trials", "5000", "--save", str(saved)])
    assert "error: --trials 5000: num_mazes is 5000; " in capsys.readouterr().err
    assert not saved.exists()


class Still:
    """Turns on the spot, and notes when its memory is reset."""

    def __init__(self):
        self.begun = []

    def predict(self, obs, state, episode_start):
        self.begun.append(episode_start.copy())
        return np.zeros(len(episode_start), np.int64), state


class Counting:
    """Copy b's trials take b + 1 steps; info tells which trial of the copy it was."""

    num_envs = 3

    def seed(self, seed):
        self.seeded = seed

    def reset(self):
        self.time = np.zeros(3, int)
        return None

    def step(self, actions):
        self.time += 1
        over = self.time % (np.arange(3) + 1) == 0
        infos = [
            {"lengths": np.array([b + 1, self.time[b]]), "successes": np.array([True, b > 0])}
            for b in range(3)
        ]
        return None, np.zeros(3), over, infos


def test_every_copy_counts_alike():
    """Four trials in three environments: two of each, the first ones."""
    agent = Still()
    log = run_trials(agent, Counting(), num_trials=4, seed=1)
    assert log.length.tolist() == [[1, 1], [1, 2], [2, 2], [2, 4], [3, 3], [3, 6]]
    assert log.success.all(axis=1).tolist() == [False, False, True, True, True, True]
    assert [begun.tolist() for begun in agent.begun[:3]] == [
        [True] * 3,
        [True, False, False],
        [True, True, False],
    ]


def test_the_report():
    figures = {"success": [1.0, 0.0], "length": [3.0, None], "length_ratio": None}
    assert report(figures).splitlines() == [
        "episode 1: 100.0 % reach the target, after 3.0 steps",
        "episode 2: 0.0 % reach the target, so there is no length",
        "episode 2 over episode 1: none, as no trial succeeds in both",
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of sb3 and what it imports
def test_it_trains_saves_loads_and_measures(tmp_path, capsys):
    small = ["--num-envs", "2", "--trials", "2", "--mazes", "20"]
    agent = str(tmp_path / "agent.zip")
    trained = main([*small, "--train-steps", "256", "--save", agent])
    assert trained["trials"] == 2
    assert "episode 2 over episode 1:" in capsys.readouterr().out
    assert main([*small, "--load", agent])["trials"] == 2
    with pytest.raises(SystemExit):
        main([*small, "--load", str(tmp_path / "nowhere.zip")])
    assert "nowhere.zip" in capsys.readouterr().err
