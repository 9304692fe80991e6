"""Equal images are encoded once, and nobody can tell from what comes out."""

import pytest
import torch

from agents import repeats
from agents.repeats import encode_once, fingerprints
from agents.rl2 import RL2Agent, RL2Settings
from trials.types import Spaces, TimeStep

counts = []


def encode(images):
    counts.append(len(images))
    return images.flatten(1).float().cumsum(1) / 255


def repeating(shape=(6, 8, 3), different=5, total=40):
    images = torch.randint(256, (different, *shape), dtype=torch.uint8)
    which = torch.cat((torch.arange(different), torch.randint(different, (total - different,))))
    return images[which]


@pytest.mark.parametrize("shape", [(6, 8, 3), (5, 5, 3), (1, 1, 1)])
def test_each_is_encoded_once_and_every_row_is_its_own(shape):
    images = repeating(shape)
    counts.clear()
    assert torch.equal(encode_once(encode, images), images.flatten(1).float().cumsum(1) / 255)
    assert counts == [len(images.unique(dim=0))]


def test_different_images_are_encoded_as_they_lie():
    images = repeating(different=40)
    counts.clear()
    assert torch.equal(encode_once(encode, images), images.flatten(1).float().cumsum(1) / 255)
    assert counts == [40]


@pytest.mark.parametrize("change", [1, 2, 64, 128])
def test_a_single_byte_makes_another_fingerprint(change):
    rows = torch.randint(256, (1, 3600), dtype=torch.uint8).repeat(3601, 1)
    rows[torch.arange(3600), torch.arange(3600)] += change
    assert len(fingerprints(rows.view(torch.int64)).unique()) == 3601


def test_images_with_one_fingerprint_are_told_apart(monkeypatch):
    monkeypatch.setattr(repeats, "fingerprints", lambda rows: rows[:, 0] * 0)
    images = repeating()
    assert torch.equal(encode_once(encode, images), images.flatten(1).float().cumsum(1) / 255)


def test_an_agent_learns_the_same(monkeypatch):
    torch.manual_seed(0)
    spaces = Spaces(num_actions=3, image_shape=(30, 40, 3), num_states=None, num_privileged=0)
    agent = RL2Agent(spaces, RL2Settings(hidden_size=16))
    images = repeating((30, 40, 3), total=24).view(6, 4, 30, 40, 3)
    still = torch.zeros(6, 4)
    timesteps = TimeStep(images, still.long(), still, still.bool(), still.bool())

    def learn():
        agent.zero_grad()
        out = agent(timesteps, agent.initial_carry(4))
        (out.value.sum() + out.log_probs[..., 0].sum()).backward()
        return out.value.detach(), [p.grad for p in agent.parameters() if p.grad is not None]

    once = learn()
    monkeypatch.setattr("agents.rl2.encode_once", lambda encode, images: encode(images))
    every = learn()
    torch.testing.assert_close(once, every, rtol=1e-4, atol=1e-5)
