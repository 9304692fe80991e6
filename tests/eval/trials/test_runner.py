"""The runner: the trials that count, and their log."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from support.scripted import ScriptedEnv, UniformTasks
from torch import Tensor

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.trials.runner import evaluate


class StepCounter:
    """Its carry counts the steps of a trial, and its action is the count modulo 3."""

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(self, carry, timestep, rng):
        assert not torch.is_grad_enabled()
        carry = torch.where(timestep.is_first, 0, carry)
        return carry % 3, carry + 1, None


class Dice(StepCounter):
    def act(self, carry, timestep, rng):
        return torch.randint(3, carry.shape, generator=rng), carry, None


def run(env: ScriptedEnv, num_trials=None, agent=None, **options):
    tasks = torch.arange(len(env.lengths))
    trial = Trial(env, UniformTasks(1), env.lengths.shape[1], tasks=tasks)
    return evaluate(agent or StepCounter(), trial, num_trials or len(tasks), seed=0, **options)


def random_script(num_tasks: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(0.1, (num_tasks, 2)) + 1
    lengths[::7] *= 20  # some are far longer than the rest
    return lengths, rng.random((num_tasks, 2)) < 0.7


@pytest.mark.parametrize("num_envs", [1, 3, 16, 64])
def test_each_trial_counts_once_for_any_number_of_environments(num_envs):
    lengths, wins = random_script(40)
    log = run(ScriptedEnv(num_envs, lengths.tolist(), wins.tolist()))
    assert (log.length == lengths).all()
    assert (log.success == wins).all()
    assert log.tasks.tolist() == list(range(40))


def test_the_first_trials_begun_count_and_not_the_first_finished():
    """Trial 0 lasts 50 steps, in which the other environment would finish dozens of the others."""
    lengths = [[50], *[[1]] * 99]
    log = run(ScriptedEnv(2, lengths), num_trials=10)
    assert log.length[:, 0].tolist() == [50] + [1] * 9


def test_returns_add_up_per_episode():
    """The reward of a step is 10 * task + episode + step / 100."""
    log = run(ScriptedEnv(2, [[2, 3], [1, 1]]))
    assert log.episode_return.tolist() == pytest.approx(
        np.array([[0.01, 3.03], [10, 11]], dtype=np.float32)
    )
    assert log.episode_return.dtype == np.float32


@pytest.mark.parametrize("num_envs", [1, 4])
def test_actions_and_poses_lie_in_order_of_trial_episode_and_time(num_envs):
    """The scripted environment's pose is (task, episode, step) where the action was taken."""
    lengths, _ = random_script(12)
    log = run(ScriptedEnv(num_envs, lengths.tolist()))
    assert len(log.actions) == len(log.poses) == lengths.sum()
    for i, k in ((0, 0), (0, 1), (5, 1), (11, 1)):
        steps = log.steps(i, k)
        expected = [(i, k, t) for t in range(lengths[i, k])]
        assert log.poses[steps].tolist() == [list(map(float, pose)) for pose in expected]
        first = 0 if k == 0 else lengths[i, 0]
        assert log.actions[steps].tolist() == [(first + t) % 3 for t in range(lengths[i, k])]


def test_a_crashed_trial_is_run_again_and_its_first_attempt_dropped():
    """Environment 0 crashes twice in trial 0, environment 1 at the step that ends trial 1."""
    script = [[3, 4], [2, 2], [5, 1], [1, 1]]
    env = ScriptedEnv(2, script, crashes=[(0, 2), (0, 8), (1, 3)])
    log = run(env)
    assert log.length.tolist() == script
    assert log.success.all()
    assert log.actions[log.steps(0, 0)].tolist() == [0, 1, 2]
    assert log.poses[log.steps(1, 1)].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert len(log.actions) == np.sum(script)
    assert log.restarted == 2
    assert run(ScriptedEnv(2, script)).restarted == 0


def test_a_trial_that_crashes_each_time_ends_the_evaluation():
    env = ScriptedEnv(2, [[3], [2], [50]], crashes=[(1, t) for t in range(4, 200, 2)])
    with pytest.raises(UserError, match="crashed 10 times in a row in trial 2"):
        run(env)


def test_an_environment_without_poses():
    class Blind(ScriptedEnv):
        poses = None

    assert run(Blind(1, [[2]])).poses is None


def test_tasks_may_be_named_tuples():
    class Task(NamedTuple):
        index: Tensor
        colour: Tensor

    class Coloured(ScriptedEnv):
        def set_task(self, tasks, mask):
            super().set_task(tasks.index, mask)

    tasks = Task(torch.tensor([2, 0]), torch.tensor([7, 8]))
    trial = Trial(Coloured(1, [[1], [2], [3]]), UniformTasks(1), 1, tasks=tasks)
    log = evaluate(StepCounter(), trial, 2, seed=0)
    assert log.length[:, 0].tolist() == [3, 1]
    assert log.tasks.colour.tolist() == [7, 8]


def test_the_seed_decides_the_agents_draws():
    def actions(seed):
        trial = Trial(ScriptedEnv(2, [[50]] * 4), UniformTasks(1), 1, tasks=torch.arange(4))
        return evaluate(Dice(), trial, 4, seed).actions

    assert (actions(1) == actions(1)).all()
    assert (actions(1) != actions(2)).any()


def test_the_progress_bar_counts_trials_on_stderr(capsys):
    run(ScriptedEnv(3, [[2]] * 8), num_trials=8, progress=True)
    shown = capsys.readouterr()
    assert "8/8" in shown.err
    assert not shown.out
    run(ScriptedEnv(3, [[2]] * 8), num_trials=8)
    assert not capsys.readouterr().err


def test_progress_may_be_a_function(capsys):
    finished = []
    run(ScriptedEnv(3, [[2]] * 8), num_trials=8, progress=finished.append)
    assert sum(finished) == 8
    assert not capsys.readouterr().err


@pytest.mark.parametrize("num_trials", [0, 3])
def test_more_trials_than_tasks_are_refused(num_trials):
    trial = Trial(ScriptedEnv(1, [[1], [1]]), UniformTasks(1), 1, tasks=torch.arange(2))
    with pytest.raises(ValueError, match=f"num_trials is {num_trials}; it must be from 1 to the 2"):
        evaluate(StepCounter(), trial, num_trials, seed=0)


def test_tasks_must_be_given():
    trial = Trial(ScriptedEnv(1, [[1]]), UniformTasks(1), 1)
    with pytest.raises(ValueError, match="needs a Trial with `tasks`"):
        evaluate(StepCounter(), trial, 1, seed=0)
