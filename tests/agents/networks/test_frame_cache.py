"""Equal images are encoded once, and nobody can tell from what comes out."""

import pytest
import torch

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.networks.frame_cache import SeenImages, encode_once, number_feedback
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.double_buffered import join_rollouts
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

counts = []


def encode(images):
    counts.append(len(images))
    return images.flatten(1).float().cumsum(1) / 255


def repeating(shape=(6, 8, 3), different=5, total=40):
    """Images, and the number of each."""
    images = torch.randint(256, (different, *shape), dtype=torch.uint8)
    which = torch.cat((torch.arange(different), torch.randint(different, (total - different,))))
    return images[which], which


@pytest.mark.parametrize("shape", [(6, 8, 3), (5, 5, 3), (1, 1, 1), (30, 40, 3)])
def test_each_is_encoded_once_and_every_row_is_its_own(shape):
    images, numbers = repeating(shape)
    counts.clear()
    seen = encode_once(encode, images, 7 * numbers + 2)
    assert torch.equal(seen, images.flatten(1).float().cumsum(1) / 255)
    assert counts == [5]


def test_different_images_are_encoded_as_they_lie():
    images, numbers = repeating(different=40)
    counts.clear()
    seen = encode_once(encode, images, numbers)
    assert torch.equal(seen, images.flatten(1).float().cumsum(1) / 255)
    assert counts == [40]


def test_images_are_numbered_as_they_are_first_seen_and_encoded_then():
    images, which = repeating(different=9, total=80)
    see = SeenImages(encode)
    counts.clear()
    order = torch.cat((torch.arange(5), torch.arange(1, 5), torch.arange(5, 80)))
    parts = [see(images[some]) for some in order.split([5, 4, 75])]
    assert counts == [5, 4]
    features, numbers = (torch.cat(column) for column in zip(*parts, strict=True))
    assert torch.equal(numbers, which[order, None])
    assert torch.equal(features, images[order].flatten(1).float().cumsum(1) / 255)


@pytest.mark.parametrize("change", [1, 2, 64, 128])
def test_a_single_byte_makes_another_image(change):
    images = torch.randint(256, (1, 6, 8, 3), dtype=torch.uint8).repeat(145, 1, 1, 1)
    images.flatten(1)[torch.arange(144), torch.arange(144)] += change
    _, numbers = SeenImages(encode)(images)
    assert torch.equal(numbers.flatten(), torch.arange(145))


@pytest.fixture(scope="module")
def mazes():
    """An agent that sees, and two halves of a trial."""
    torch.manual_seed(0)
    suite = MazeSuite(tasks=MazeTasks(num_mazes=8), rules=MazeRules(movement="grid"))
    twin = TwinSettings(device="cpu")
    halves = [
        Trial(*suite.build(4, torch.device("cpu"), twin), episodes_per_trial=2) for _ in range(2)
    ]
    return RL2Agent(halves[0].env.spaces, RL2Settings(hidden_size=16)), halves


def test_what_is_fed_back_is_numbered():
    fields = {
        "prev_action": torch.randint(3, (200,)),
        "prev_reward": torch.tensor([0.0, -0.25, 1.0])[torch.randint(3, (200,))],
        "prev_done": torch.rand(200) < 0.5,
        "first": torch.rand(200) < 0.5,
    }
    rows = torch.stack([field.double() for field in fields.values()], 1)
    numbers = number_feedback(TimeStep(torch.zeros(200), **fields), num_actions=3)
    same_rows = (rows[:, None] == rows).all(-1)
    assert torch.equal(numbers[:, None] == numbers, same_rows)


def test_a_rollout_numbers_its_images(mazes):
    agent, halves = mazes
    rng = torch.Generator().manual_seed(0)
    rollouts = []
    for seed, trial in enumerate(halves):
        timestep = trial.reset(seed)
        rollouts.append(collect(agent, trial, agent.initial_carry(4), timestep, 30, rng)[0])
    for rollout in (*rollouts, join_rollouts(rollouts)):
        images = rollout.timesteps.obs.flatten(0, 1)
        numbers = rollout.image_number.flatten()
        assert len(images.unique(dim=0)) < len(images)
        for number in numbers.unique():
            assert len(images[numbers == number].unique(dim=0)) == 1
    for rollout in rollouts:
        images = rollout.timesteps.obs.flatten(0, 1)
        assert len(rollout.image_number.unique()) == len(images.unique(dim=0))


def test_what_comes_again_is_not_encoded_again(mazes, monkeypatch):
    agent, (trial, _) = mazes
    encoded, encoder = [], agent.encoder.forward

    def encode(images):
        encoded.append(len(images))
        return encoder(images)

    monkeypatch.setattr(agent.encoder, "forward", encode)
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(2), 30, rng)
    different = len(rollout.image_number.unique())
    assert different < 60
    assert sum(encoded) == different + 4  # the last four for the values after the rollout
    encoded.clear()
    PPO(agent, PPOSettings(epochs=2, num_minibatches=1), 0).update(rollout)
    assert encoded == [different, different]


def test_an_agent_acts_the_same(mazes):
    agent, (trial, _) = mazes
    timestep, carry, images = trial.reset(3), agent.initial_carry(4), SeenImages(agent.see)
    for _ in range(20):
        action, after, extras = agent.act(carry, timestep, torch.Generator().manual_seed(0))
        again = agent.act(carry, timestep, torch.Generator().manual_seed(0), images=images)
        assert torch.equal(again[0], action)
        torch.testing.assert_close(again[1], after)
        torch.testing.assert_close(again[2][:2], extras[:2])
        timestep, carry = trial.step(action)[0], after


@pytest.mark.parametrize("fusion_sizes", [[], [12, 8]])
def test_an_agent_learns_the_same(fusion_sizes):
    torch.manual_seed(0)
    spaces = Spaces(num_actions=3, image_shape=(30, 40, 3), num_states=None, num_privileged=0)
    agent = RL2Agent(spaces, RL2Settings(hidden_size=16, fusion_sizes=fusion_sizes))
    images, numbers = repeating((30, 40, 3), total=24)
    first = torch.rand(6, 4) < 0.2
    timesteps = TimeStep(
        obs=images.view(6, 4, 30, 40, 3),
        prev_action=torch.randint(3, (6, 4)) * ~first,
        prev_reward=torch.randint(-2, 2, (6, 4)) * 0.5 * ~first,
        prev_done=torch.rand(6, 4) < 0.2,
        first=first,
    )

    def learn(numbers):
        agent.zero_grad()
        out = agent(timesteps, agent.initial_carry(4), image_number=numbers)
        (out.value.sum() + out.log_probs[..., 0].sum()).backward()
        return out.value.detach(), [p.grad for p in agent.parameters() if p.grad is not None]

    once, every = learn(numbers.view(6, 4, 1)), learn(None)
    torch.testing.assert_close(once, every, rtol=1e-4, atol=1e-5)
