"""Trial, step by step: what the agent is fed and what the learner stores."""

from typing import NamedTuple

import pytest
import torch
from support.scripted import ScriptedEnv, UniformTasks
from torch import Tensor

from rl2_mazes.core.trial import Trial, take


def one_copy(lengths, **script) -> Trial:
    env = ScriptedEnv(1, lengths, **script)
    return Trial(env, UniformTasks(1), len(lengths[0]), tasks=torch.arange(len(lengths)))


def test_truth_table_of_two_trials_of_two_episodes():
    """Task 0 takes 2 and 3 steps (the second fails), task 1 takes 1 and 2."""
    trial = one_copy([[2, 3], [1, 2]], wins=[[True, False], [True, True]])
    seen, stored = [trial.reset(seed=0)], []
    actions = [1, 2, 1, 2, 1, 2, 1, 2]
    for action in actions:
        timestep, outcome = trial.step(torch.tensor([action]))
        seen.append(timestep)
        stored.append(outcome)

    # Each line: what the agent sees, then what its action brings.
    # obs, prev_action, prev_reward, prev_done, first | reward, done, trial_done, episode, won
    expected = [
        ((0, 0, 0.00, False, True), (0.00, False, False, 0, False)),  # trial 0, episode 0
        ((1, 1, 0.00, False, False), (0.01, True, False, 0, True)),
        ((100, 2, 0.01, True, False), (1.00, False, False, 1, False)),  # trial 0, episode 1
        ((101, 1, 1.00, False, False), (1.01, False, False, 1, False)),
        ((102, 2, 1.01, False, False), (1.02, True, True, 1, False)),  # its last reward is stored
        ((1000, 0, 0.00, False, True), (10.00, True, False, 0, True)),  # and not fed to trial 1
        ((1100, 2, 10.0, True, False), (11.00, False, False, 1, False)),
        ((1101, 1, 11.0, False, False), (11.01, True, True, 1, True)),
    ]
    for t, (fed, brought) in enumerate(expected):
        assert tuple(field.item() for field in seen[t]) == pytest.approx(fed), t
        reward, done, trial_done, episode, lost, won = (field.item() for field in stored[t])
        assert (reward, done, trial_done, episode, won) == pytest.approx(brought), t
        assert not lost
    assert seen[-1].is_first.item()


def test_dtypes_are_those_of_the_contract():
    trial = one_copy([[1, 1]])
    steps = [trial.reset(seed=0)]
    for _ in range(2):
        timestep, outcome = trial.step(torch.tensor([1]))
        steps.append(timestep)
        assert [field.dtype for field in outcome] == [
            torch.float32, torch.bool, torch.bool, torch.int64, torch.bool, torch.bool,
        ]  # fmt: skip
    for timestep in steps:
        dtypes = [field.dtype for field in timestep[1:]]
        assert dtypes == [torch.int64, torch.float32, torch.bool, torch.bool]


def test_copies_go_through_their_trials_independently():
    """Environment 0 gets short tasks, environment 1 a long one; tasks go out in order."""
    env = ScriptedEnv(2, [[1, 1], [3, 3], [1, 2], [1, 1]])
    trial = Trial(env, UniformTasks(1), 2, tasks=torch.arange(4))
    trial.reset(seed=0)
    begun = [trial.trial_index.tolist()]
    for _ in range(6):
        trial.step(torch.tensor([0, 0]))
        begun.append(trial.trial_index.tolist())
    assert begun == [[0, 1], [0, 1], [2, 1], [2, 1], [2, 1], [3, 1], [3, 4]]
    assert env.begun == [(0, 0), (1, 1), (0, 2), (0, 3), (1, 3)]


def test_each_given_task_runs_once_and_the_last_again_when_they_run_out():
    env = ScriptedEnv(3, [[1]] * 7)
    trial = Trial(env, UniformTasks(1), 1, tasks=torch.arange(7))
    trial.reset(seed=0)
    for _ in range(3):
        trial.step(torch.zeros(3, dtype=torch.int64))
    assert [task for _, task in env.begun] == [0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6]


def test_a_lost_copy_starts_its_trial_over_on_the_same_task():
    """The copy breaks in its second episode's first step; the other one resumes as it was."""
    env = ScriptedEnv(2, [[2, 3], [2, 3], [1, 1]], crashes=[(0, 2)])
    trial = Trial(env, UniformTasks(1), 2, tasks=torch.arange(3))
    trial.reset(seed=0)
    for _ in range(2):
        trial.step(torch.tensor([1, 1]))
    timestep, outcome = trial.step(torch.tensor([1, 1]))
    assert outcome.crashed.tolist() == [True, False]
    assert outcome.done.tolist() == [False, False]
    assert outcome.trial_done.tolist() == [True, False], "the learner must cut here"
    assert trial.trial_index.tolist() == [0, 1]
    assert timestep.is_first.tolist() == [True, False]
    assert timestep.obs.tolist() == [0, 1101], "same task, first episode"
    assert timestep.prev_action.tolist() == [0, 1]
    assert timestep.prev_reward.tolist() == [0, 11]
    for _ in range(5):
        _, outcome = trial.step(torch.tensor([1, 1]))
    assert outcome.trial_done[0]
    assert outcome.episode[0] == 1
    assert [task for copy, task in env.begun if copy == 0] == [0, 2]


def test_draws_depend_on_the_seed_alone():
    def tasks_begun(trial, seed):
        trial.env.begun.clear()
        trial.reset(seed)
        for _ in range(5):
            trial.step(torch.zeros(4, dtype=torch.int64))
        return list(trial.env.begun)

    trial = Trial(ScriptedEnv(4, [[1]] * 100), UniformTasks(100), 1)
    first, other, again = (tasks_begun(trial, seed) for seed in (1, 2, 1))
    assert first == again
    assert first != other
    trial.restart()
    assert trial.env.begun[-4:] != first[:4], "restart resumes with the random state"


def test_take_indexes_tensors_and_named_tuples():
    class Task(NamedTuple):
        mean: Tensor
        noise: Tensor

    picked = take(Task(torch.arange(3.0), torch.arange(3.0) * 10), torch.tensor([2, 0]))
    assert isinstance(picked, Task)
    assert picked.noise.tolist() == [20, 0]


def test_a_trial_has_at_least_one_episode():
    with pytest.raises(ValueError, match="episodes_per_trial is 0; it must be at least 1"):
        Trial(ScriptedEnv(1, [[1]]), UniformTasks(1), 0)
