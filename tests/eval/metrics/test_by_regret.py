"""The return by regret: the mean return without the luck of the tasks."""

import math

import pytest
import torch

from rl2_mazes.bandits.algorithms import ALGORITHMS
from rl2_mazes.bandits.optimum import best_of_normal
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.types import KnownOptimum
from rl2_mazes.eval.metrics.returns import return_by_regret, returns
from rl2_mazes.eval.tabular.play import play
from rl2_mazes.eval.trials.trials import run_trials
from rl2_mazes.mdps.optimum import unit_optimum
from rl2_mazes.mdps.suite import MDPSuite


class AnyAction:
    """Uniform actions, whatever the suite."""

    def __init__(self, num_actions):
        self.num_actions = num_actions

    def initial_carry(self, batch_size):
        return batch_size

    def act(self, carry, timestep, rng):
        return torch.randint(self.num_actions, (carry,), generator=rng), carry, None


class Informed(AnyAction):
    """The optimal policy, which knows the task."""

    def __init__(self, env):
        super().__init__(env.spaces.num_actions)
        self.env = env

    def act(self, carry, timestep, rng):
        every = [self.env.regret(torch.full((carry,), a)) for a in range(self.num_actions)]
        return torch.stack(every).argmin(0), carry, None


SUITES = [
    BanditSuite(4, 12),
    BanditSuite(3, 9, low=0.2, high=0.6),
    BanditSuite(3, 9, "gaussian"),
    MDPSuite(3, 2, 5, 4),
    MDPSuite(3, 2, 5, 4, reward_mean=-1.0, reward_std=0.5),
]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.kind}_{suite.name}")
def test_it_has_the_expectation_of_the_mean_return_and_a_smaller_error(suite):
    trial = suite.make_trial(4000, seed=1)
    played = play(AnyAction(suite.spaces.num_actions), trial, suite.horizon, seed=1)
    assert (played.regret >= -1e-5).all()
    total = played.reward.sum(0)
    mean, se = total.mean().item(), total.std().item() / len(total) ** 0.5
    by_regret = return_by_regret(played.regret.sum(0), suite)
    assert by_regret.mean is not None
    assert by_regret.se is not None
    assert mean == pytest.approx(by_regret.mean, abs=4 * math.hypot(se, by_regret.se))
    assert by_regret.se < se
    # The random policy's expectation is known.
    assert suite.expected_random() == pytest.approx(by_regret.mean, abs=4 * by_regret.se)


@pytest.mark.parametrize("suite", SUITES[::3], ids=lambda suite: suite.kind)
def test_the_optimal_policy_has_no_regret(suite):
    trial = suite.make_trial(50)
    assert isinstance(trial.env, KnownOptimum)
    played = play(Informed(trial.env), trial, suite.horizon, seed=0)
    assert played.regret.abs().max() == 0
    by_regret = return_by_regret(played.regret.sum(0), suite)
    assert by_regret == suite.expected_optimum()


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.kind}_{suite.name}")
def test_the_expected_optimum_is_the_mean_ceiling(suite):
    expected, error = suite.expected_optimum()
    tasks = suite.sample(torch.Generator().manual_seed(3), 20_000)
    ceiling = suite.ceiling(tasks) * suite.episodes_per_trial
    se = ceiling.std().item() / len(ceiling) ** 0.5
    assert ceiling.mean().item() == pytest.approx(expected, abs=4 * math.hypot(se, error))


def test_known_expectations():
    assert BanditSuite(5, 10).expected_optimum() == (pytest.approx(50 / 6), 0)
    assert best_of_normal(2) == pytest.approx(math.pi**-0.5, abs=1e-9)
    assert best_of_normal(3) == pytest.approx(1.5 * math.pi**-0.5, abs=1e-9)
    measured = unit_optimum(10, 5, 10)
    assert measured is not None
    assert measured[1] < 0.01 < measured[0]


def test_sizes_that_were_not_measured_have_none():
    suite = MDPSuite(4, 3, 2, 2)
    assert suite.expected_optimum() is None
    assert return_by_regret(torch.zeros(3), suite) == (None, None)


@pytest.mark.parametrize("suite", SUITES[::3], ids=lambda suite: suite.kind)
def test_an_evaluation_and_a_table_measure_the_same(suite):
    agent = AnyAction(suite.spaces.num_actions)
    figures = returns(run_trials(agent, suite, 100, 5, None).log, suite)
    tasks = suite.table_tasks(100, 5)
    played = play(agent, suite.make_trial(100, seed=5, tasks=tasks), suite.horizon, 5)
    assert figures["mean"] == pytest.approx(played.reward.sum(0).mean().item(), rel=1e-6)
    by_regret = return_by_regret(played.regret.sum(0), suite)
    assert figures["by_regret"] == pytest.approx(by_regret.mean, rel=1e-6)
    assert figures["by_regret_se"] == pytest.approx(by_regret.se, rel=1e-5)


def test_a_run_without_optimum_has_no_regret():
    from support.scripted import ScriptedEnv, UniformTasks

    from rl2_mazes.core.trial import Trial
    from rl2_mazes.eval.trials.runner import evaluate

    trial = Trial(ScriptedEnv(2, [[3]] * 4), UniformTasks(1), 1, tasks=torch.arange(4))
    assert evaluate(AnyAction(3), trial, 4, seed=0).regret is None


def test_the_error_is_a_fraction_of_the_mean_returns():
    """The error of 100 tasks is less than half of the mean return's."""
    suite = BanditSuite(5, 50)
    tasks = suite.table_tasks(100, 0)
    gittins = ALGORITHMS.get("gittins_finite").build(suite)
    played = play(gittins, suite.make_trial(100, seed=0, tasks=tasks), 1, 0)
    total = played.reward.sum(0)
    by_regret = return_by_regret(played.regret.sum(0), suite)
    assert by_regret.se is not None
    assert by_regret.se < total.std().item() / 10 / 2
