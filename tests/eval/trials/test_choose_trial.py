import numpy as np
import pytest
import torch

from rl2_mazes.eval.evaluate import choose_trial, require_trial
from rl2_mazes.eval.trials.runner import TrialLog


def log_of_lengths(lengths, success):
    lengths = np.array(lengths)
    return TrialLog(
        length=lengths,
        success=np.array(success),
        episode_return=np.zeros(lengths.shape, dtype=np.float32),
        tasks=torch.arange(len(lengths)),
        actions=np.zeros(lengths.sum(), dtype=np.uint8),
    )


def test_the_most_typical_success_is_shown():
    lengths = [[2, 2], [12, 8], [40, 20], [14, 9]]  # means 17, 9.75; of successes 9.3, 6.3
    whole = [[True, True], [True, True], [True, False], [True, True]]
    assert choose_trial(log_of_lengths(lengths, whole), None) == 1
    nobody = [[False, True]] * 4
    assert choose_trial(log_of_lengths(lengths, nobody), None) == 3


def test_a_trial_can_be_asked_for():
    log = log_of_lengths([[2, 2], [12, 8]], [[True, True]] * 2)
    assert choose_trial(log, 0) == 0


def test_a_rank_can_be_asked_for():
    log = log_of_lengths([[20, 10], [9, 9], [5, 15], [40, 10], [8, 6]], [[True, True]] * 5)
    chosen = {rank: choose_trial(log, rank) for rank in ("best", "median", "worst")}
    assert chosen == {"best": 3, "median": 4, "worst": 2}


def test_a_random_trial_is_the_same_for_the_same_seed():
    log = log_of_lengths([[5, 5]] * 50, [[True, True]] * 50)
    chosen = [choose_trial(log, "random", seed) for seed in range(20)]
    assert chosen == [choose_trial(log, "random", seed) for seed in range(20)]
    assert len(set(chosen)) > 10
    assert set(chosen) <= set(range(50))


@pytest.mark.parametrize("wanted", [5, -1, "bst", "1"])
def test_what_is_no_trial_is_named_with_what_is(wanted):
    names = f"video_trial is {wanted}; it must be one of the trials 0 .. 4, or one of best, median"
    with pytest.raises(ValueError, match=names):
        require_trial(wanted, num_trials=5, episodes=2)


def test_one_episode_has_no_rank():
    for wanted in (None, 4, "random"):
        require_trial(wanted, num_trials=5, episodes=1)
    with pytest.raises(ValueError, match="episodes_per_trial=1 it must be an index or random"):
        require_trial("best", num_trials=5, episodes=1)
