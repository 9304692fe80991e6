import pytest
import torch

from rl2_mazes.mdps.env import MDPEnv
from rl2_mazes.mdps.suite import MDPSuite, MDPTasks


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"num_states": 0}, "num_states"),
        ({"num_actions": 1}, "num_actions"),
        ({"horizon": 0}, "horizon"),
        ({"num_episodes": 0}, "num_episodes"),
        ({"reward_std": -1.0}, "reward_std"),
        ({"noise_std": 0.0}, "noise_std"),
    ],
)
def test_wrong_settings_are_errors_that_name_the_key(wrong, key):
    with pytest.raises(ValueError, match=key):
        MDPSuite(**wrong)


def test_names_round_trip():
    for suite in (MDPSuite(), MDPSuite(3, 2, 4, 7)):
        assert MDPSuite.from_name(suite.name) == suite
    with pytest.raises(ValueError, match="k5_n10"):
        MDPSuite.from_name("k5_n10")


def test_tasks_that_are_not_mdps_are_errors():
    suite = MDPSuite(num_states=2, num_actions=2)
    tasks = suite.sample(torch.Generator(), 3)
    with pytest.raises(ValueError, match="summing to 1"):
        suite.make_trial(1, tasks=tasks._replace(transitions=tasks.transitions * 2))
    with pytest.raises(ValueError, match="shapes"):
        suite.make_trial(1, tasks=tasks._replace(rewards=tasks.rewards[:, :1]))


def test_rewards_are_drawn_around_one():
    tasks = MDPSuite().sample(torch.Generator().manual_seed(0), 1000)
    assert tasks.rewards.mean().item() == pytest.approx(1, abs=0.02)
    assert tasks.rewards.std().item() == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(tasks.transitions.sum(-1), torch.ones(1000, 10, 5))


def test_next_states_and_rewards_have_their_distribution():
    suite = MDPSuite(num_states=3, num_actions=2, noise_std=0.5)
    num = 20_000
    env = MDPEnv(suite, num)
    transitions = torch.full((num, 3, 2, 3), 1 / 3)
    transitions[:, 0, 1] = torch.tensor([0.1, 0.6, 0.3])
    rewards = torch.zeros(num, 3, 2)
    rewards[:, 0, 1] = 2.0
    everyone = torch.ones(num, dtype=torch.bool)
    env.set_task(MDPTasks(transitions, rewards), everyone)
    assert not env.reset(everyone).any()
    result = env.step(torch.ones(num, dtype=torch.int64))
    shares = result.obs.bincount(minlength=3) / num
    torch.testing.assert_close(shares, torch.tensor([0.1, 0.6, 0.3]), atol=0.015, rtol=0)
    assert result.reward.mean().item() == pytest.approx(2, abs=0.02)
    assert result.reward.std().item() == pytest.approx(0.5, abs=0.02)


def test_an_episode_ends_at_the_horizon_and_begins_in_state_0():
    suite = MDPSuite(num_states=3, num_actions=2, horizon=3, num_episodes=2)
    trial = suite.make_trial(5)
    timestep = trial.reset(0)
    assert timestep.obs.tolist() == [0] * 5
    dones, firsts = [], []
    for _ in range(6):
        timestep, outcome = trial.step(torch.zeros(5, dtype=torch.int64))
        dones.append(bool(outcome.done.all()))
        firsts.append(bool(timestep.is_first.all()))
        if dones[-1]:
            assert timestep.obs.tolist() == [0] * 5
    assert dones == [False, False, True] * 2
    assert firsts == [False] * 5 + [True]


def test_a_mask_changes_only_its_environments():
    suite = MDPSuite(num_states=5, num_actions=2)
    env = MDPEnv(suite, 2)
    tasks = suite.sample(torch.Generator(), 2)
    env.set_task(tasks, torch.tensor([True, True]))
    env.set_task(suite.sample(torch.Generator().manual_seed(1), 2), torch.tensor([False, True]))
    assert torch.equal(env.rewards[0], tasks.rewards[0])
    assert not torch.equal(env.rewards[1], tasks.rewards[1])


def test_privileged_features_by_hand():
    """Two states; in both, action 0 stays and earns 1, action 1 changes over and earns 3 or 0."""
    suite = MDPSuite(num_states=2, num_actions=2, horizon=2, num_episodes=2)
    stay, change = torch.eye(2), torch.eye(2).flip(0)
    tasks = MDPTasks(torch.stack((stay, change), 1)[None], torch.tensor([[[1.0, 3.0], [1.0, 0.0]]]))
    trial = suite.make_trial(1, tasks=tasks)
    trial.reset(0)
    # The optimal value of an episode is 4: 1 + 3, or 3 + 1. Features: mean rewards; advantages;
    # optimal values from here and of a whole episode, per step; the shares of the episode and of
    # the trial that are over.
    steps = (
        ([1.0, 3.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0], 1, 0.0),
        ([1.0, 0.0, 0.0, -1.0, 0.5, 2.0, 0.5, 0.0], 1, -1.0),  # in state 1
        ([1.0, 3.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.5], 0, 0.0),  # the second episode
    )
    for features, action, advantage in steps:
        torch.testing.assert_close(trial.privileged(), torch.tensor([features]))
        trial.step(torch.tensor([action]))
        torch.testing.assert_close(trial.training_reward(), torch.tensor([advantage]))


def test_a_restored_environment_has_the_features_of_its_task():
    suite = MDPSuite(num_states=3, num_actions=2, horizon=2, num_episodes=2)
    envs = []
    for seed in (0, 1):
        env = MDPEnv(suite, 2)
        everyone = torch.ones(2, dtype=torch.bool)
        env.set_task(suite.sample(torch.Generator().manual_seed(seed), 2), everyone)
        env.reset(everyone)
        envs.append(env)
    features = [env.privileged() for env in envs]
    assert not torch.equal(*features)
    state = envs[0].state_dict()
    envs[1].load_state_dict(state)
    torch.testing.assert_close(envs[1].privileged(), features[0])


def test_without_privileged_features_the_training_reward_is_nan():
    suite = MDPSuite(num_states=3, num_actions=2, horizon=2, num_episodes=2)
    env, everyone = MDPEnv(suite, 2), torch.ones(2, dtype=torch.bool)
    for seed in (0, 1):
        env.set_task(suite.sample(torch.Generator().manual_seed(seed), 2), everyone)
        env.reset(everyone)
        env.step(torch.zeros(2, dtype=torch.int64))  # no features were computed for this task
        assert env.training_reward().isnan().all()
        env.privileged()
        env.step(torch.zeros(2, dtype=torch.int64))
        assert not env.training_reward().isnan().any()
