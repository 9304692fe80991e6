"""Cached frames equal rendered ones."""

import numpy as np
import pytest
import torch

from rl2_mazes.mazes.rules import TURN_LEFT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.cpu import frame_cache
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

NUM_ENVS = 3


@pytest.fixture(scope="module")
def mazes():
    return MazeSet.draw(MazeTasks(num_mazes=4))


@pytest.mark.parametrize("num_cached", [1, 3, 64])
@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_frames_are_those_of_the_reference(mazes, movement, num_cached, monkeypatch):
    """Also where poses recur, and where the same pose is in another maze."""
    monkeypatch.setattr(frame_cache, "CACHED_FRAMES", num_cached)
    rules = MazeRules(movement=movement, horizon=12, obs_height=5, obs_width=8)
    envs = [
        TwinEnv(mazes, rules, NUM_ENVS, TwinSettings(device="cpu", kernel=kernel))
        for kernel in ("reference", "numba")
    ]
    rng = torch.Generator().manual_seed(0)
    everyone = torch.ones(NUM_ENVS, dtype=torch.bool)
    for tasks in ([0, 1, 2], [3, 1, 0], [0, 1, 2]):
        for env in envs:
            env.set_task(torch.tensor(tasks), everyone)
        assert torch.equal(*(env.reset(everyone) for env in envs))
        for _ in range(12):
            action = torch.randint(3, (NUM_ENVS,), generator=rng)
            one, other = (env.step(action).obs for env in envs)
            assert torch.equal(one, other)


def test_a_pose_is_rendered_once(mazes):
    """Turning on the spot renders four frames, however often."""
    env = TwinEnv(mazes, MazeRules(movement="grid"), 1, TwinSettings(device="cpu"))
    env.set_task(torch.tensor([0]), torch.tensor([True]))
    seen = [env.reset(torch.tensor([True])).clone()]
    seen += [env.step(torch.tensor([TURN_LEFT])).obs.clone() for _ in range(12)]
    rendered = env._simulator._envs._frames.oldest
    assert rendered.tolist() == [4]
    for at, frame in enumerate(seen):
        assert torch.equal(frame, seen[at % 4])


def test_a_restored_state_does_not_depend_on_the_cache(mazes):
    rules, settings = MazeRules(movement="grid"), TwinSettings(device="cpu")
    one, other = (TwinEnv(mazes, rules, NUM_ENVS, settings) for _ in range(2))
    everyone = torch.ones(NUM_ENVS, dtype=torch.bool)
    rng = torch.Generator().manual_seed(0)
    for env, tasks in ((one, [0, 1, 2]), (other, [1, 2, 3])):
        env.set_task(torch.tensor(tasks), everyone)
        env.reset(everyone)
        for _ in range(10):
            env.step(torch.randint(3, (NUM_ENVS,), generator=rng))
    other.load_state_dict(one.state_dict())
    for _ in range(20):
        action = torch.randint(3, (NUM_ENVS,), generator=rng)
        assert torch.equal(one.step(action).obs, other.step(action).obs)


def test_the_cache_is_bounded():
    cached = frame_cache.empty_frames(num_envs=1000, height=120, width=160).cached
    assert cached.nbytes <= frame_cache.MAX_BYTES
    assert frame_cache.empty_frames(10_000, 120, 160).cached.shape[1] == 1
    usual = frame_cache.empty_frames(32, 30, 40).cached
    assert np.prod(usual.shape[:2]) == 32 * frame_cache.CACHED_FRAMES
