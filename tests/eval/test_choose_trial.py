import numpy as np
import torch

from eval.evaluate import choose_trial
from eval.rollouts import TrialLog


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
