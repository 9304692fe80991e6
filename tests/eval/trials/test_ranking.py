"""Selection of the trials to show, worked by hand."""

import pytest
from support.recorded import log_of_lengths

from rl2_mazes.eval.trials.ranking import choose_trial, rank_trials, require_trial


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
