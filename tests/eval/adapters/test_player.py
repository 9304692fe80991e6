"""A loop of one's own: the agent acts as on time steps built by hand."""

import gymnasium
import numpy as np
import pytest
import torch

import rl2_mazes as rl2
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Spaces

SHORT = {"num_mazes": 5, "horizon": 7, "rooms": 2}


@pytest.fixture(scope="module")
def agent():
    torch.manual_seed(0)
    settings = RL2Settings(conv=[[4, 8, 4]], dense_size=8, memory=GRUSettings(hidden_size=8))
    return RL2Agent(Spaces(num_actions=3, image_shape=(30, 40, 3)), settings).eval()


def play(env, choose):
    """Actions of two trials."""
    actions = []
    for seed in (0, 1):
        (obs, info), reward, over = env.reset(seed=seed), 0.0, False
        while not over:
            actions.append(choose(obs, reward, bool(info["episode_done"])))
            obs, reward, over, _, info = env.step(actions[-1])
    return actions


def test_observations_of_gymnasium_and_bare_images_give_the_same_actions(agent):
    env = gymnasium.make("rl2_mazes:rl2/GridSmall-v0", **SHORT).unwrapped
    whole = rl2.Player(agent, seed=3)
    expected = play(env, lambda obs, *_: whole.step(obs))
    bare, before = rl2.Player(agent, seed=3), [0]

    def choose(obs, reward, done):
        if obs["prev_action"] == 3 and before[0]:  # a new trial
            bare.reset()
        before[0] += 1
        return bare.step(obs["image"], reward, done)

    assert play(env, choose) == expected
    assert len(set(expected)) == 3

    carry, rng = agent.initial_carry(1), torch.Generator().manual_seed(3)

    def by_hand(obs, *_):
        nonlocal carry
        first = torch.tensor([obs["prev_action"] == 3])
        step = rl2.TimeStep(
            torch.tensor(obs["image"])[None],
            torch.where(first, 0, torch.tensor([obs["prev_action"]])),
            torch.tensor(obs["prev_reward"]),
            torch.tensor([bool(obs["prev_done"])]),
            first,
        )
        action, carry, _ = agent.act(carry, step, rng)
        return int(action)

    assert play(env, by_hand) == expected


def test_several_environments_at_once(agent):
    player = rl2.Player(agent, num_envs=4)
    images = np.zeros((4, 30, 40, 3), np.uint8)
    assert player.step(images).shape == (4,)
    assert player.step(images, reward=np.ones(4), done=[False, True, False, False]).dtype == "int64"
    with pytest.raises(UserError, match=r"observation has shape \(30, 40, 3\).* of 4 environ"):
        player.step(images[0])
    with pytest.raises(UserError, match=r"reward has shape \(3,\)"):
        player.step(images, reward=np.ones(3))


def test_a_pretrained_agent_is_a_player():
    player = rl2.Player.from_pretrained("pretrained/demo", greedy=True)
    image = np.zeros((30, 40, 3), np.uint8)
    first = player.step(image)
    player.step(image, reward=1.0, done=True)
    player.reset()
    assert player.step(image) == first
    with pytest.raises(UserError, match=r"observation has shape \(3,\); the agent takes"):
        player.step(np.zeros(3))
