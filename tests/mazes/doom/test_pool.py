"""The pool satisfies `core.types.BatchedEnv`, and its environments are independent."""

import copy
import os

import numpy as np
import pytest
import torch
from support.processes import is_gone

from rl2_mazes.mazes.doom.game import MazeGame
from rl2_mazes.mazes.doom.pool import DoomPool, EngineSettings
from rl2_mazes.mazes.geometry import cell_centre
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet

NUM_ENVS = 3  # divided unequally between two workers


def play(pool: DoomPool, steps: int, seed: int = 0) -> list[torch.Tensor]:
    """All results of a random play."""
    everyone = torch.ones(pool.num_envs, dtype=torch.bool)
    rng = torch.Generator().manual_seed(seed)
    pool.set_task(torch.arange(pool.num_envs) % len(pool.mazes), everyone)
    record = [pool.reset(everyone).clone()]
    for _ in range(steps):
        result = pool.step(torch.randint(3, (pool.num_envs,), generator=rng))
        record += [field.clone() for field in result] + [pool.poses]
        record.append(pool.reset(result.terminated | result.truncated).clone())
    return record


@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_shapes_types_and_determinism(open_pool, small_mazes, movement):
    """The number of workers changes nothing."""
    rules = MazeRules(movement=movement, horizon=7)
    variants = EngineSettings(num_workers=2), EngineSettings(num_workers=1)
    pools = [open_pool(small_mazes, rules, NUM_ENVS, settings) for settings in variants]
    pool = pools[0]
    assert pool.spaces.num_actions == 3
    assert pool.spaces.image_shape == (30, 40, 3)
    assert pool.num_envs == NUM_ENVS
    assert pool.device == torch.device("cpu")
    records = [play(pool, 20) for pool in pools]
    _, obs, reward, terminated, truncated, crashed, poses = records[0][:7]
    assert (obs.shape, obs.dtype) == ((NUM_ENVS, 30, 40, 3), torch.uint8)
    assert (reward.shape, reward.dtype) == ((NUM_ENVS,), torch.float32)
    for flag in (terminated, truncated, crashed):
        assert (flag.shape, flag.dtype) == ((NUM_ENVS,), torch.bool)
    assert (poses.shape, poses.dtype) == ((NUM_ENVS, 3), torch.float32)
    for one, other in zip(*records, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert any(step.any() for step in records[0][4::7])  # the horizon was reached


def test_an_environment_plays_its_task(open_pool, small_mazes):
    rules = MazeRules(movement="walk", obs_height=120, obs_width=160)
    pool = open_pool(small_mazes, rules, 2, EngineSettings(1))
    everyone = torch.ones(2, dtype=torch.bool)
    pool.set_task(torch.tensor([3, 5]), everyone)
    pool.reset(everyone)
    game = MazeGame(rules)
    try:
        game.start(small_mazes[5])
        game.reset(0)
        for action in np.random.default_rng(0).choice(3, 30, p=[0.2, 0.2, 0.6]).tolist():
            result = pool.step(torch.tensor([TURN_LEFT, action]))
            reward, terminated, truncated = game.step(action)
            assert result.reward[1] == pytest.approx(reward)
            assert (result.terminated[1], result.truncated[1]) == (terminated, truncated)
            np.testing.assert_array_equal(result.obs[1], game.frame)
            np.testing.assert_allclose(pool.poses[1], game.pose, rtol=1e-6)
            if terminated:
                break
        assert terminated
    finally:
        game.close()


def test_masks_episodes_and_waiting(open_pool, small_mazes):
    pool = open_pool(small_mazes, MazeRules(movement="grid", horizon=2), 2, EngineSettings(1))
    everyone, second = torch.tensor([True, True]), torch.tensor([False, True])
    turn = torch.full((2,), TURN_LEFT)
    pool.set_task(torch.tensor([0, 1]), everyone)
    first = pool.reset(everyone).clone()
    assert pool.poses[1, :2].tolist() == xy(small_mazes, 1, 0)
    pool.step(turn)
    assert pool.step(turn).truncated.tolist() == [True, True]
    pool.reset(second)
    assert pool.poses[1, :2].tolist() == xy(small_mazes, 1, 1)  # the trial's second start
    result = pool.step(turn)  # the first environment waits
    np.testing.assert_allclose(result.reward, [0, -0.04])
    assert result.truncated.tolist() == [False, False]
    pool.set_task(torch.tensor([7, 0]), second)  # the first environment keeps its maze
    pool.reset(everyone)
    assert pool.poses[0, :2].tolist() == xy(small_mazes, 0, 1)
    assert pool.poses[1, :2].tolist() == xy(small_mazes, 0, 0)
    assert (pool.step(turn).obs[1] != first[0]).any()
    pool.step(turn)
    pool.set_task(torch.tensor([0, 1]), everyone)
    torch.testing.assert_close(pool.reset(everyone), first)


def xy(mazes: MazeSet, index: int, episode: int) -> list[float]:
    return list(cell_centre(mazes[index].start(episode).cell))


def test_misuse_is_an_error(open_pool, small_mazes):
    pool = open_pool(small_mazes, MazeRules(movement="grid"), 1)
    everyone = torch.ones(1, dtype=torch.bool)
    with pytest.raises(RuntimeError, match="no task yet"):
        pool.reset(everyone)
    with pytest.raises(IndexError, match=r"task 8 is none of the mazes 0 \.\. 7"):
        pool.set_task(torch.tensor([8]), everyone)
    pool.set_task(torch.tensor([0]), everyone)
    pool.reset(everyone)
    with pytest.raises(ValueError, match=r"actions must lie in 0 \.\. 2"):
        pool.step(torch.tensor([3]))
    for wrong in (torch.zeros(2, dtype=torch.int64), torch.tensor(0), torch.zeros(1)):
        with pytest.raises(ValueError, match="action"):
            pool.step(wrong)
    with pytest.raises(ValueError, match="mask"):
        pool.reset(torch.ones(2, dtype=torch.bool))
    with pytest.raises(TypeError, match="which cannot be pickled or copied"):
        copy.deepcopy(pool)
    assert pool.step(torch.tensor([FORWARD])).reward.item() != 0
    with pytest.raises(ValueError, match="num_envs is 0"):
        DoomPool(small_mazes, MazeRules(), 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_workers": -1}, "num_workers is -1"),
        ({"hang_timeout": 0.5}, "hang_timeout is 0.5"),
    ],
)
def test_settings_are_checked(wrong, message):
    with pytest.raises(ValueError, match=message):
        EngineSettings(**wrong)


def test_workers_and_engines_are_pinned_to_cores_in_turn(open_pool, small_mazes):
    pool = open_pool(small_mazes, MazeRules(movement="grid"), 4, EngineSettings(num_workers=2))
    cores = sorted(os.sched_getaffinity(0))
    for i, worker in enumerate(pool.worker_pids):
        expected = {cores[i % len(cores)]}
        assert os.sched_getaffinity(worker) == expected
        for engine in pool.engine_pids[2 * i : 2 * i + 2]:
            assert os.sched_getaffinity(engine) == expected


def test_close_ends_everything_and_can_be_repeated(small_mazes):
    pool = DoomPool(small_mazes, MazeRules(movement="grid"), 2)
    home, pids = pool._home.path, [*pool.worker_pids, *pool.engine_pids]
    pool.close()
    assert not home.exists()
    assert all(is_gone(pid) for pid in pids)
    pool.close()
