"""Statistics of episodes and trials, worked by hand."""

import torch
from support.levers import Levers

from rl2_mazes.agents.training.episode_statistics import EpisodeStatistics, running_sum


def test_running_sum_carries_across_rollouts():
    x = torch.tensor([[1.0], [2.0], [4.0], [8.0]])
    ends = torch.tensor([[False], [True], [False], [False]])
    total, carried = running_sum(x, ends, torch.tensor([10.0]))
    assert total.flatten().tolist() == [11, 13, 4, 12]
    assert carried.tolist() == [12]


def test_statistics_of_a_rollout():
    rollout = Levers(num_envs=64)(6)
    metrics = EpisodeStatistics(64, 2, torch.device("cpu")).update(rollout)
    assert metrics["success_1"] == metrics["success_2"] == 1.0
    assert metrics["length_1"] == metrics["length_2"] == 1.0
    per_trial = rollout.reward[::2] + rollout.reward[1::2]
    assert abs(metrics["trial_return"] - float(per_trial.mean())) < 1e-6
