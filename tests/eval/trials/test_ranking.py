import numpy as np
import pytest
import torch

from rl2_mazes.eval.trials.ranking import rank_trials
from rl2_mazes.eval.trials.runner import TrialLog


def log_of_lengths(lengths, success=None):
    lengths = np.array(lengths)
    return TrialLog(
        length=lengths,
        success=np.ones(lengths.shape, bool) if success is None else np.array(success),
        episode_return=np.zeros(lengths.shape, dtype=np.float32),
        tasks=torch.arange(len(lengths)),
        actions=np.zeros(lengths.sum(), dtype=np.uint8),
    )


def test_ranks_of_a_log_worked_by_hand():
    """Ratios 1/2, 1, 3, 1/4, 3/4: in order trials 3, 0, 4, 1, 2."""
    log = log_of_lengths([[20, 10], [9, 9], [5, 15], [40, 10], [8, 6]])
    assert rank_trials(log) == {"best": 3, "median": 4, "worst": 2}


def test_of_equal_ratios_length_decides_and_then_the_order():
    log = log_of_lengths([[8, 8], [10, 5], [20, 10], [20, 10], [10, 20], [20, 40], [20, 40]])
    assert rank_trials(log) == {"best": 2, "median": 0, "worst": 5}
    mostly = log_of_lengths([[9, 3], [9, 4], [9, 5], [7, 7], [30, 30], [20, 20]])
    assert rank_trials(mostly)["median"] == 2
    mostly = log_of_lengths([[9, 3], [9, 4], [7, 7], [30, 30], [20, 20]])
    assert rank_trials(mostly)["median"] == 4
    alike = log_of_lengths([[4, 4], [30, 30], [12, 12], [6, 6], [20, 20]])
    assert rank_trials(alike) == {"best": 1, "median": 2, "worst": 1}
    assert rank_trials(log_of_lengths([[8, 8], [10, 5]]))["median"] == 1, "the lower of two"


def test_the_best_succeeds_twice_where_any_does():
    """Trial 0 fails first, at a horizon of 50, and its ratio of 1/10 is the lowest."""
    lengths = [[50, 5], [20, 10], [10, 9]]
    one = log_of_lengths(lengths, [[False, True], [True, True], [True, True]])
    assert rank_trials(one) == {"best": 1, "median": 1, "worst": 2}
    nobody = log_of_lengths(lengths, [[False, True], [True, False], [False, True]])
    assert rank_trials(nobody)["best"] == 0


def test_later_episodes_do_not_count():
    log = log_of_lengths([[10, 5, 50], [10, 9, 2]], [[True, True, False], [True, True, True]])
    assert rank_trials(log)["best"] == 0


def test_a_trial_of_one_episode_has_no_rank():
    with pytest.raises(ValueError, match="trials of one episode have no rank"):
        rank_trials(log_of_lengths([[3], [4]]))
