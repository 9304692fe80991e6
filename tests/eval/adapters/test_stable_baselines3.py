"""Models of stable-baselines3 act as in their own environments, with their memory."""

from functools import partial

import gymnasium
import numpy as np
import pytest
import torch

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError

sb3 = pytest.importorskip("sb3_contrib", reason="pip install -e '.[gym,bench]' for the models")
pytestmark = pytest.mark.filterwarnings("ignore")  # of sb3 and what it imports

SUITE = rl2.make_suite("mazes/grid_small", split="train", num_tasks=3)
make_env = partial(gymnasium.make, "rl2_mazes:rl2/GridSmall-v0", split="train", num_mazes=3)


@pytest.fixture(scope="module")
def recurrent():
    from stable_baselines3.common.vec_env import DummyVecEnv

    from examples.recurrent_ppo import Senses

    settings = {"features_extractor_class": Senses, "lstm_hidden_size": 8}
    envs = DummyVecEnv([make_env])
    return sb3.RecurrentPPO("MultiInputLstmPolicy", envs, policy_kwargs=settings, seed=1)


def own_actions(model):
    """Likeliest actions in the model's own environment, trial by trial, each with a fresh state."""
    env, actions = make_env(), []
    for maze in range(3):
        obs, _ = env.reset(seed=0, options={"maze": maze})
        state, over = None, False
        while not over:
            starts = np.array([state is None])
            action, state = model.predict(
                obs, state=state, episode_start=starts, deterministic=True
            )
            actions.append(int(action))
            obs, _, terminated, truncated, _ = env.step(action)
            over = terminated or truncated
    return actions


def test_a_recurrent_model_acts_as_in_its_own_environment(recurrent):
    agent = rl2.SB3Agent(recurrent, SUITE.spaces, greedy=True)
    # One environment: the LSTM's states must be reset between its three trials.
    trials = rl2.run_trials(agent, SUITE, num_trials=3, num_envs=1)
    own = own_actions(recurrent)
    assert trials.log.actions.tolist() == own
    assert len(set(own)) > 1


def test_sampled_actions_follow_the_seed_and_disturb_no_generator(recurrent):
    agent = rl2.SB3Agent(recurrent, SUITE.spaces)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    one, same, other = (
        rl2.run_trials(agent, SUITE, num_trials=3, seed=seed).log.actions for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_model_of_images_without_memory():
    model = sb3.TRPO("MlpPolicy", make_env(image_only=True), policy_kwargs={"net_arch": [4]})
    agent = rl2.SB3Agent(model, SUITE.spaces)
    assert rl2.run_trials(agent, SUITE, num_trials=2).length.shape == (2, 2)


def test_a_model_for_other_observations_or_actions_is_refused(recurrent):
    larger = sb3.TRPO("CnnPolicy", make_env(image_only=True, obs_height=36))
    with pytest.raises(UserError, match=r"takes image \[.*36, 40.*suite shows image \[30, 40"):
        rl2.SB3Agent(larger, SUITE.spaces)
    with pytest.raises(UserError, match=r"acts in Discrete\(3\); the suite has 5 actions"):
        rl2.SB3Agent(recurrent, rl2.make_suite("mdps/n10").spaces)
    with pytest.raises(UserError, match=r"takes image \[.*the suite shows state \[\]"):
        rl2.SB3Agent(recurrent, rl2.Spaces(num_actions=3, num_states=4))
