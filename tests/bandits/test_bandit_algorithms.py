import pytest
import torch

from rl2_mazes.bandits.algorithms import ALGORITHMS
from rl2_mazes.bandits.algorithms.base import ArmAgent, Counts
from rl2_mazes.bandits.algorithms.greedy import EpsilonGreedy
from rl2_mazes.bandits.algorithms.thompson import OptimisticThompson
from rl2_mazes.bandits.algorithms.ucb import UCB1
from rl2_mazes.bandits.bayes_optimal import bayes_optimal_value
from rl2_mazes.bandits.published import DUAN2016
from rl2_mazes.bandits.suite import BanditSuite

NAMES = list(ALGORITHMS.all())
NUM_TASKS = 10_000


@pytest.fixture(autouse=True)
def small_tables(tmp_path_factory, monkeypatch):
    """Gittins tables of a short lookahead, computed once."""
    monkeypatch.setenv("RL2_MAZES_CACHE", str(tmp_path_factory.getbasetemp() / "gittins"))
    monkeypatch.setattr("rl2_mazes.bandits.algorithms.gittins.DEPTH", 100)


def play(agent, suite, num_tasks, seed=0):
    """Total reward of one trial on each of fresh tasks, [num_tasks]."""
    trial = suite.make_trial(num_tasks, seed=seed + 1)
    timestep = trial.reset(seed)
    carry = agent.initial_carry(num_tasks)
    rng = torch.Generator().manual_seed(seed + 2)
    total = torch.zeros(num_tasks)
    for _ in range(suite.num_pulls):
        action, carry, _ = agent.act(carry, timestep, rng)
        timestep, outcome = trial.step(action)
        total += outcome.reward
    return total


def test_every_published_column_has_its_algorithm():
    columns = {column for cells in DUAN2016.rows.values() for column in cells}
    assert columns - {"rl2"} <= set(NAMES)


def test_an_unknown_name_is_an_error_that_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean ucb1"):
        ALGORITHMS.get("ubc1")


@pytest.mark.parametrize("name", NAMES)
def test_none_exceeds_the_bayes_optimal_value_and_all_but_random_learn(name):
    suite = BanditSuite(num_arms=2, num_pulls=20)
    best = bayes_optimal_value(2, 20)
    reward = play(ALGORITHMS.get(name).build(suite), suite, NUM_TASKS)
    error = reward.std().item() / NUM_TASKS**0.5
    assert reward.mean().item() < best + 3 * error
    if name == "random":
        assert reward.mean().item() == pytest.approx(10, abs=4 * error)
    else:
        assert reward.mean().item() > 11.5
    if name == "gittins_finite":
        assert reward.mean().item() > best - 4 * error


@pytest.mark.parametrize("name", NAMES)
def test_default_and_grid_values_can_be_built(name):
    algorithm = ALGORITHMS.get(name)
    suite = BanditSuite(num_arms=2, num_pulls=2)
    algorithm.build(suite)
    for value in algorithm.grid[:2]:
        assert algorithm.tunes is not None
        algorithm.build(suite, **{algorithm.tunes: value})


@pytest.mark.parametrize(
    "name", ["random", "greedy", "e_greedy", "ucb1", "thompson", "optimistic_thompson"]
)
def test_gaussian_arms(name):
    suite = BanditSuite(num_arms=3, num_pulls=30, family="gaussian")
    mean = play(ALGORITHMS.get(name).build(suite), suite, 2000).mean().item()
    assert abs(mean) < 1 if name == "random" else mean > 12  # the best arm's mean is .85


def test_counting_by_hand():
    suite = BanditSuite(num_arms=2, num_pulls=2)
    trial = suite.make_trial(2, tasks=torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    agent = ArmAgent(suite)
    agent.index = lambda counts, rng: torch.tensor([[0.0, 1.0], [0.0, 0.0]])  # arms 1 and 0
    rng = torch.Generator()
    timestep, carry = trial.reset(0), agent.initial_carry(2)
    for pulls in ([[0, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 0]]):  # then a new trial
        action, carry, _ = agent.act(carry, timestep, rng)
        assert carry.pulls.tolist() == pulls
        timestep, _ = trial.step(action)
    assert carry.total.tolist() == [[0, 0], [0, 0]]


def test_indices_by_hand():
    suite = BanditSuite(num_arms=2)
    counts = Counts(pulls=torch.tensor([[2.0, 0.0]]), total=torch.tensor([[1.0, 0.0]]))
    rng = torch.Generator()
    index = UCB1(suite, c=1.0).index(counts, rng)
    width = torch.tensor([6.0]).log()
    torch.testing.assert_close(index, 0.5 + torch.stack([(width / 2).sqrt(), width.sqrt()], 1))
    tie = torch.tensor([[0.0, 0.0]])
    assert UCB1(suite).choose(Counts(tie, tie), rng).tolist() == [0]


def test_many_samples_move_towards_the_mode():
    suite = BanditSuite(num_arms=2)
    counts = Counts(torch.full((2000, 2), 8.0), torch.tensor([[6.0, 2.0]]).repeat(2000, 1))
    rng = torch.Generator().manual_seed(0)
    one, many = (OptimisticThompson(suite, n).index(counts, rng) for n in (1, 20))
    mode = torch.tensor([6 / 8, 2 / 8])
    assert (many - mode).square().mean() < 0.3 * (one - mode).square().mean()


def test_impossible_parameters_are_errors():
    with pytest.raises(ValueError, match="epsilon is"):
        EpsilonGreedy(BanditSuite(), epsilon=1.5)
    with pytest.raises(ValueError, match="num_samples is 0"):
        OptimisticThompson(BanditSuite(), num_samples=0)


def test_an_agent_without_an_index_is_an_error():
    suite = BanditSuite(num_arms=2, num_pulls=1)
    with pytest.raises(NotImplementedError, match="index"):
        play(ArmAgent(suite), suite, 1)
