"""The frame cache: equal frames are encoded once, and outputs stay the same."""

import pytest
import torch

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.frame_cache import FrameCache, distinct, encode_unique, feedback_ids
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect, concatenate
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

counts = []


def encode(frames):
    counts.append(len(frames))
    return frames.flatten(1).float().cumsum(1) / 255


def repeating(shape=(6, 8, 3), different=5, total=40):
    """Frames and their ids."""
    frames = torch.randint(256, (different, *shape), dtype=torch.uint8)
    ids = torch.cat((torch.arange(different), torch.randint(different, (total - different,))))
    return frames[ids], ids


@pytest.mark.parametrize("shape", [(6, 8, 3), (5, 5, 3), (1, 1, 1), (30, 40, 3)])
def test_each_id_is_encoded_once(shape):
    frames, ids = repeating(shape)
    counts.clear()
    features = encode_unique(encode, frames, 7 * ids + 2)
    assert torch.equal(features, frames.flatten(1).float().cumsum(1) / 255)
    assert counts == [5]


def test_different_frames_are_encoded_in_place():
    frames, ids = repeating(different=40)
    counts.clear()
    features = encode_unique(encode, frames, ids)
    assert torch.equal(features, frames.flatten(1).float().cumsum(1) / 255)
    assert counts == [40]


def test_the_cache_numbers_new_frames_and_encodes_those_alone():
    frames, ids = repeating(different=9, total=80)
    cache = FrameCache(encode)
    counts.clear()
    order = torch.cat((torch.arange(5), torch.arange(1, 5), torch.arange(5, 80)))
    parts = [cache(frames[some]) for some in order.split([5, 4, 75])]
    assert counts == [5, 4]
    features, found = (torch.cat(column) for column in zip(*parts, strict=True))
    assert torch.equal(found, ids[order, None])
    assert torch.equal(features, frames[order].flatten(1).float().cumsum(1) / 255)


@pytest.mark.parametrize("change", [1, 2, 64, 128])
def test_a_single_byte_makes_another_frame(change):
    frames = torch.randint(256, (1, 6, 8, 3), dtype=torch.uint8).repeat(145, 1, 1, 1)
    frames.flatten(1)[torch.arange(144), torch.arange(144)] += change
    _, ids = FrameCache(encode)(frames)
    assert torch.equal(ids.flatten(), torch.arange(145))


@pytest.fixture(scope="module")
def mazes():
    """An agent for images, and two halves of a trial."""
    torch.manual_seed(0)
    suite = MazeSuite(tasks=MazeTasks(num_mazes=8), rules=MazeRules(movement="grid"))
    twin = TwinSettings(device="cpu")
    halves = [
        Trial(*suite.build(4, torch.device("cpu"), twin), episodes_per_trial=2) for _ in range(2)
    ]
    return RL2Agent(halves[0].env.spaces, RL2Settings(memory=GRUSettings(hidden_size=16))), halves


def test_equal_feedback_has_equal_ids():
    fields = {
        "prev_action": torch.randint(3, (200,)),
        "prev_reward": torch.tensor([0.0, -0.25, 1.0])[torch.randint(3, (200,))],
        "prev_done": torch.rand(200) < 0.5,
        "is_first": torch.rand(200) < 0.5,
    }
    rows = torch.stack([field.double() for field in fields.values()], 1)
    ids = feedback_ids(TimeStep(torch.zeros(200), **fields), num_actions=3)
    same_rows = (rows[:, None] == rows).all(-1)
    assert torch.equal(ids[:, None] == ids, same_rows)


def test_a_rollout_stores_frame_ids(mazes):
    agent, halves = mazes
    rng = torch.Generator().manual_seed(0)
    rollouts = []
    for seed, trial in enumerate(halves):
        timestep = trial.reset(seed)
        rollouts.append(collect(agent, trial, agent.initial_carry(4), timestep, 30, rng)[0])
    for rollout in (*rollouts, concatenate(rollouts)):
        frames = rollout.timesteps.obs.flatten(0, 1)
        ids = rollout.frame_id.flatten()
        assert len(frames.unique(dim=0)) < len(frames)
        for frame_id in ids.unique():
            assert len(frames[ids == frame_id].unique(dim=0)) == 1
    for rollout in rollouts:
        frames = rollout.timesteps.obs.flatten(0, 1)
        assert len(rollout.frame_id.unique()) == len(frames.unique(dim=0))


def test_some_environments_take_their_different_frames_with_them(mazes):
    agent, (trial, _) = mazes
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(2), 30, rng)
    envs = torch.tensor([3, 1])
    taken = rollout.take_envs(envs)
    assert len(taken.timesteps.obs) == len(rollout.frame_id[:, envs].unique()) < 60
    assert torch.equal(taken.timesteps.obs[taken.frame_id[..., 0]], rollout.timesteps.obs[:, envs])
    for ours, all_of_them in zip(taken.timesteps[1:], rollout.timesteps[1:], strict=True):
        assert torch.equal(ours, all_of_them[:, envs])


def test_recurring_frames_are_not_encoded_again(mazes, monkeypatch):
    agent, (trial, _) = mazes
    encoded, encoder = [], agent.encoder.forward

    def encode(frames):
        encoded.append(len(frames))
        return encoder(frames)

    monkeypatch.setattr(agent.encoder, "forward", encode)
    rng = torch.Generator().manual_seed(0)
    rollout, *_ = collect(agent, trial, agent.initial_carry(4), trial.reset(2), 30, rng)
    different = len(rollout.frame_id.unique())
    assert different < 60
    assert sum(encoded) == different + 4  # four more for the values after the rollout
    encoded.clear()
    PPO(agent, PPOSettings(epochs=2, num_minibatches=1), 0).update(rollout)
    assert encoded == [different, different]


def test_acting_stays_the_same(mazes):
    agent, (trial, _) = mazes
    timestep, carry, cache = trial.reset(3), agent.initial_carry(4), FrameCache(agent.encode)
    for _ in range(20):
        action, after, extras = agent.act(carry, timestep, torch.Generator().manual_seed(0))
        again = agent.act(carry, timestep, torch.Generator().manual_seed(0), cache=cache)
        assert torch.equal(again[0], action)
        torch.testing.assert_close(again[1], after)
        torch.testing.assert_close(again[2][:2], extras[:2])
        timestep, carry = trial.step(action)[0], after


@pytest.mark.parametrize("fusion_sizes", [[], [12, 8]])
def test_outputs_and_gradients_stay_the_same(fusion_sizes):
    torch.manual_seed(0)
    spaces = Spaces(num_actions=3, image_shape=(30, 40, 3), num_states=None, num_privileged=0)
    agent = RL2Agent(
        spaces, RL2Settings(memory=GRUSettings(hidden_size=16), fusion_sizes=fusion_sizes)
    )
    frames, ids = repeating((30, 40, 3), total=24)
    is_first = torch.rand(6, 4) < 0.2
    timesteps = TimeStep(
        obs=frames.view(6, 4, 30, 40, 3),
        prev_action=torch.randint(3, (6, 4)) * ~is_first,
        prev_reward=torch.randint(-2, 2, (6, 4)) * 0.5 * ~is_first,
        prev_done=torch.rand(6, 4) < 0.2,
        is_first=is_first,
    )

    def learn(obs, frame_id=None):
        agent.zero_grad()
        out = agent(timesteps._replace(obs=obs), agent.initial_carry(4), frame_id=frame_id)
        (out.value.sum() + out.log_probs[..., 0].sum()).backward()
        return out.value.detach(), [p.grad for p in agent.parameters() if p.grad is not None]

    examples, inverse = distinct(ids)
    assert len(examples) == 5
    cached, plain = learn(frames[examples], inverse.view(6, 4, 1)), learn(timesteps.obs)
    torch.testing.assert_close(cached, plain, rtol=1e-4, atol=1e-5)
