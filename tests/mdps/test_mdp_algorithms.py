import pytest
import torch

from rl2_mazes.core.types import TimeStep
from rl2_mazes.mdps.algorithms import ALGORITHMS
from rl2_mazes.mdps.algorithms.base import MDPAgent, Prior
from rl2_mazes.mdps.algorithms.greedy import EpsilonGreedy, Greedy
from rl2_mazes.mdps.algorithms.myopic import MyopicUCB
from rl2_mazes.mdps.algorithms.optimism import BEB
from rl2_mazes.mdps.algorithms.psrl import PSRL, OptimisticPSRL
from rl2_mazes.mdps.planning import optimal_value
from rl2_mazes.mdps.published import DUAN2016
from rl2_mazes.mdps.suite import MDPSuite

NAMES = list(ALGORITHMS.all())
RNG = torch.Generator().manual_seed(0)


def play(agent, suite, num_tasks, seed=0):
    """Reward of each episode on fresh tasks, [n, num_tasks], and the optimal value by task."""
    tasks = suite.sample(torch.Generator().manual_seed(seed), num_tasks)
    trial = suite.make_trial(num_tasks, seed=seed + 1, tasks=tasks)
    timestep = trial.reset(seed)
    carry = agent.initial_carry(num_tasks)
    rng = torch.Generator().manual_seed(seed + 2)
    earned = torch.zeros(suite.num_episodes, num_tasks)
    for step in range(suite.num_episodes * suite.horizon):
        action, carry, _ = agent.act(carry, timestep, rng)
        timestep, outcome = trial.step(action)
        earned[step // suite.horizon] += outcome.reward
    return earned, optimal_value(tasks.transitions, tasks.rewards, suite.horizon)


def test_every_published_column_has_its_algorithm():
    columns = {column for cells in DUAN2016.rows.values() for column in cells}
    assert columns - {"rl2"} == set(NAMES) - {"myopic_ucb"}  # which is ours


def test_myopic_ucb_prefers_the_rarer_of_equal_actions():
    agent = MyopicUCB(MDPSuite(num_states=2, num_actions=3), scale=2.0, prior="true")
    carry = agent.initial_carry(1)
    carry.visits[0, 1] = torch.tensor([3.0, 0.0, 3.0])
    carry.total[0, 1] = torch.tensor([3.0, 0.0, 7.0])  # means of 1, and of 2 with the prior's 1
    values = agent.values(carry._replace(state=torch.tensor([1])), 0)
    torch.testing.assert_close(values, torch.tensor([[1 + 2 / 2, 1 + 2 / 1, 2 + 2 / 2]]))
    # Observations count within the same episode.
    agent = MyopicUCB(MDPSuite(num_states=1, num_actions=2), scale=0.0)
    _, carry, _ = agent.act(agent.initial_carry(1), observe(0, 0, 0.0, first=True), RNG)
    action, carry, _ = agent.act(carry, observe(0, 1, 5.0), RNG)
    assert action == 1


@pytest.mark.parametrize("name", NAMES)
def test_all_but_random_learn_and_none_exceeds_the_ceiling(name):
    suite = MDPSuite(num_states=3, num_actions=2, horizon=5, num_episodes=30)
    earned, best = play(ALGORITHMS.get(name).build(suite), suite, 1000)
    error = ((earned[-5:].mean(0) - best).std() / 1000**0.5).item()
    late = earned[-5:].mean().item()
    assert late < best.mean().item() + 4 * error
    if name == "random":
        assert late == pytest.approx(5, abs=0.3)
    else:
        assert late > 0.85 * best.mean().item()
        assert late > earned[0].mean().item() + 0.5


@pytest.mark.parametrize("name", NAMES)
def test_default_and_grid_values_can_be_built(name):
    algorithm = ALGORITHMS.get(name)
    for prior in ("published", "true"):
        for value in algorithm.grid[:2]:
            assert algorithm.tunes is not None
            algorithm.build(MDPSuite(), prior=prior, **{algorithm.tunes: value})


def test_priors():
    suite = MDPSuite(reward_mean=3.0)
    memory = Greedy(suite).initial_carry(2)
    assert Greedy(suite).mean_rewards(memory).unique().tolist() == [0]
    assert Greedy(suite, prior="true").mean_rewards(memory).mean().item() == pytest.approx(3)
    assert PSRL(suite, prior=Prior(2.0)).mean_rewards(memory).unique().tolist() == [2]
    with pytest.raises(ValueError, match="prior is 'false'"):
        PSRL(suite, prior="false")
    with pytest.raises(ValueError, match=r"reward_weight is 0.*singular"):
        Prior(reward_weight=0.0)
    with pytest.raises(ValueError, match=r"transition_weight is -1.*singular"):
        Prior(transition_weight=-1.0)


def observe(state, action, reward, done=False, first=False):
    return TimeStep(
        torch.tensor([state]),
        torch.tensor([action]),
        torch.tensor([reward]),
        torch.tensor([done]),
        torch.tensor([first]),
    )


def test_counting_by_hand():
    suite = MDPSuite(num_states=2, num_actions=2, horizon=2, num_episodes=2)
    agent = Greedy(suite)
    rng = torch.Generator()
    carry = agent.initial_carry(1)
    _, carry, _ = agent.act(carry, observe(0, 0, 0.0, first=True), rng)
    assert carry.visits.sum() == 0
    _, carry, _ = agent.act(carry, observe(1, 1, 5.0), rng)  # 0 --1--> 1
    assert carry.moves[0, 0, 1].tolist() == [0, 1]
    _, carry, _ = agent.act(carry, observe(0, 0, 7.0, done=True), rng)  # the episode ended
    assert carry.moves.sum() == 1
    assert carry.visits[0].tolist() == [[0, 1], [1, 0]]
    assert carry.total[0].tolist() == [[0, 5], [7, 0]]
    action, carry, _ = agent.act(carry, observe(1, 1, 5.0), rng)  # a second 0 --1--> 1
    assert action.tolist() == [0]
    assert carry.moves[0, 0, 1].tolist() == [0, 2]
    _, carry, _ = agent.act(carry, observe(0, 0, 0.0, first=True), rng)
    assert carry.visits.sum() == carry.moves.sum() == carry.total.sum() == 0


def test_it_plans_once_an_episode():
    suite = MDPSuite(num_states=2, num_actions=2, horizon=3, num_episodes=4)
    plans = []

    class Planner(MDPAgent):
        def make_plan(self, memory, rng):
            plans.append(memory.clock)
            return memory.plan

    play(Planner(suite), suite, 2)
    assert plans == [0, 3, 6, 9]
    with pytest.raises(NotImplementedError, match="make_plan"):
        play(MDPAgent(suite), suite, 1)


def test_plans_by_hand():
    # Nothing seen: rewards 0, bonus 1/2 on them and 2 * 8 * scale / 3 for each following step.
    suite = MDPSuite(num_states=2, num_actions=2, horizon=2)
    agent = BEB(suite, scale=0.3)
    plan = agent.make_plan(agent.initial_carry(1), torch.Generator())
    torch.testing.assert_close(plan[0, 1], torch.full((2, 2), 0.5))
    torch.testing.assert_close(plan[0, 0], torch.full((2, 2), 1.0 + 1.6))


def test_more_samples_are_more_optimistic():
    suite = MDPSuite()
    plans = [
        OptimisticPSRL(suite, n).make_plan(
            OptimisticPSRL(suite).initial_carry(10), torch.Generator().manual_seed(0)
        )
        for n in (1, 4)
    ]
    assert (plans[1] >= plans[0]).all()
    assert (plans[1] > plans[0]).float().mean() > 0.5


def test_impossible_parameters_are_refused():
    with pytest.raises(ValueError, match="epsilon is -1"):
        EpsilonGreedy(MDPSuite(), epsilon=-1.0)
    with pytest.raises(ValueError, match="num_samples is 0"):
        OptimisticPSRL(MDPSuite(), num_samples=0)
    with pytest.raises(ValueError, match="scale is -1"):
        BEB(MDPSuite(), scale=-1.0)
    with pytest.raises(ValueError, match="did you mean psrl"):
        ALGORITHMS.get("pssrl")
