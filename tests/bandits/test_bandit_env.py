import pytest
import torch

from rl2_mazes.bandits.env import BanditEnv
from rl2_mazes.bandits.suite import BanditSuite


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_defaults_are_the_papers_smallest_row():
    suite = BanditSuite()
    assert (suite.name, suite.num_arms, suite.episodes_per_trial) == ("k5_n10", 5, 10)


def test_a_row_names_its_family_and_printed_results_are_of_the_papers_arms_alone():
    gaussian = BanditSuite.from_name("gaussian_k10_n100")
    assert gaussian == BanditSuite(10, 100, "gaussian")
    assert gaussian.name == "gaussian_k10_n100"
    assert BanditSuite.from_name("k10_n100").published()
    for other in (gaussian, BanditSuite(10, 100, low=0.2)):
        assert other.published() == ()
    with pytest.raises(ValueError, match="like k5_n10 or gaussian_k5_n10"):
        BanditSuite.from_name("poisson_k5_n10")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"num_arms": 1}, "num_arms"),
        ({"num_pulls": 0}, "num_pulls"),
        ({"family": "poisson"}, "family"),
        ({"high": 1.2}, "high"),
        ({"low": 0.6, "high": 0.5}, "low"),
        ({"noise_std": 0.0}, "noise_std"),
    ],
)
def test_wrong_settings_are_errors_that_name_the_key(wrong, key):
    with pytest.raises(ValueError, match=key) as error:
        BanditSuite(**wrong)
    assert "\n" not in str(error.value)


def test_tasks_outside_the_unit_interval_are_errors():
    with pytest.raises(ValueError, match=r"probability outside \[0, 1\]"):
        BanditSuite(2, 1).make_trial(1, tasks=torch.tensor([[0.5, 1.5]]))
    with pytest.raises(ValueError, match="must be"):
        BanditSuite(2, 1).make_trial(1, tasks=torch.tensor([[0.5, 0.5, 0.5]]))


def test_bernoulli_means_cover_their_range():
    means = BanditSuite(num_arms=3, low=0.2, high=0.4).sample(rng(), 5000)
    assert means.shape == (5000, 3)
    assert 0.2 <= means.min() < 0.21
    assert 0.39 < means.max() <= 0.4


def test_certain_arms_pay_their_means():
    env = BanditEnv(BanditSuite(num_arms=2), num_envs=4)
    tasks = torch.tensor([[0.0, 1.0]]).repeat(4, 1)
    env.set_task(tasks, torch.ones(4, dtype=torch.bool))
    result = env.step(torch.tensor([0, 1, 0, 1]))
    assert result.reward.tolist() == [0, 1, 0, 1]
    assert result.terminated.all()
    assert not result.truncated.any()
    assert not result.crashed.any()


def test_set_task_changes_only_masked_environments():
    env = BanditEnv(BanditSuite(num_arms=2), num_envs=2)
    env.set_task(torch.zeros(2, 2), torch.tensor([True, True]))
    env.set_task(torch.ones(2, 2), torch.tensor([False, True]))
    assert env.means.tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("family", ["bernoulli", "gaussian"])
def test_rewards_have_the_arms_mean_and_depend_on_the_seed(family):
    suite = BanditSuite(num_arms=2, family=family, noise_std=0.5)

    def play(seed):
        env = BanditEnv(suite, num_envs=20_000, seed=seed)
        env.set_task(torch.tensor([[0.3, 0.8]]).repeat(20_000, 1), torch.ones(20_000).bool())
        return env.step(torch.ones(20_000, dtype=torch.int64)).reward

    assert play(0).mean().item() == pytest.approx(0.8, abs=0.02)
    assert torch.equal(play(0), play(0))
    assert not torch.equal(play(0), play(1))
    spread = 0.5 if family == "gaussian" else 0.4
    assert play(0).std().item() == pytest.approx(spread, abs=0.02)


def test_a_trial_is_n_pulls():
    trial = BanditSuite(num_arms=2, num_pulls=3).make_trial(num_envs=2, tasks=torch.ones(4, 2))
    timestep = trial.reset(0)
    ends = []
    for _ in range(6):
        timestep, outcome = trial.step(torch.zeros(2, dtype=torch.int64))
        ends.append(bool(outcome.trial_done.all()))
        assert outcome.done.all()
    assert ends == [False, False, True, False, False, True]
    assert timestep.is_first.all()


def test_names_round_trip():
    assert BanditSuite.from_name(BanditSuite(7, 30).name) == BanditSuite(7, 30)
    with pytest.raises(ValueError, match="k5_n10"):
        BanditSuite.from_name("n10")


def test_privileged_features_and_training_reward():
    suite = BanditSuite(num_arms=3, num_pulls=4)
    trial = suite.make_trial(2, tasks=torch.tensor([[0.1, 0.9, 0.5], [0.3, 0.2, 0.0]]))
    trial.reset(0)
    trial.step(torch.tensor([1, 2]))
    features = [
        [0.1, 0.9, 0.5, 0.9, 0.25],
        [0.3, 0.2, 0.0, 0.3, 0.25],
    ]  # a quarter of the trial is over
    torch.testing.assert_close(trial.privileged(), torch.tensor(features))
    torch.testing.assert_close(trial.training_reward(), torch.tensor([0.0, -0.3]))
