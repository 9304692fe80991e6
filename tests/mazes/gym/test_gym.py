"""Gymnasium's own checks; an episode of gymnasium is a trial."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import SyncVectorEnv

from rl2_mazes.core.errors import UserError
from rl2_mazes.mazes import gym
from rl2_mazes.mazes.gym.batch import NO_ACTION
from rl2_mazes.mazes.gym.single import MazeTrialEnv
from rl2_mazes.mazes.gym.vector import MazeTrialVectorEnv
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.topdown import render_map

FEW = {"num_mazes": 12}
SHORT = {"movement": "grid", "rooms": 2, "horizon": 9, "num_mazes": 5}


@pytest.mark.parametrize("name", gym.ENVIRONMENTS)
def test_gymnasiums_own_check(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(name, render_mode="rgb_array", **FEW)
        check_env(env.unwrapped)
        env = gymnasium.make(name, image_only=True, **FEW)
        check_env(env.unwrapped, skip_render_check=True)
    assert env.observation_space == gymnasium.spaces.Box(0, 255, (30, 40, 3), np.uint8)


def test_the_package_registers_them():
    env = gymnasium.make("rl2_mazes:rl2/GridLarge-v0", **FEW)
    batch = env.unwrapped._batch
    assert (batch.rules.movement, batch.rules.horizon) == ("grid", 150)
    assert {maze.walls.shape for maze in batch.mazes} == {(11, 11)}
    drawn = MazeSet.draw(MazeTasks(rooms=5, num_mazes=12))
    assert [maze.content_hash for maze in batch.mazes] == [maze.content_hash for maze in drawn]


def test_an_episode_of_gymnasium_is_a_trial():
    """Turning on the spot for two horizons of nine steps; the second begins with prev_done."""
    env = MazeTrialEnv(**SHORT)
    first, info = env.reset(seed=3)
    assert {name: value.tolist() for name, value in info.items()} == {
        "episode_index": 0,
        "episode_done": False,
        "success": False,
        "episode_length": 0,
        "lengths": [0, 0],
        "successes": [False, False],
    }
    types = {name: (value.dtype, value.shape) for name, value in info.items()}
    assert first["prev_action"] == NO_ACTION
    for step in range(1, 19):
        obs, reward, terminated, truncated, info = env.step(TURN_LEFT)
        assert obs in env.observation_space
        assert reward == pytest.approx(-0.04)
        assert obs["prev_action"] == TURN_LEFT
        assert obs["prev_reward"] == pytest.approx([-0.04])
        assert obs["prev_done"] == (step % 9 == 0)
        assert (terminated, truncated) == (step == 18, False)
        assert info["episode_index"] == (step >= 9)
        assert {name: (value.dtype, value.shape) for name, value in info.items()} == types
        assert info["episode_done"] == (step in (9, 18))
        assert info["lengths"].tolist() == [min(step, 9), max(step - 9, 0)]
        if step == 9:
            assert not info["success"]
            assert info["episode_length"] == 9
            assert (obs["image"] == first["image"]).all(), "back at the start of the same maze"
    assert info["lengths"].tolist() == [9, 9]
    assert info["successes"].tolist() == [False, False]
    with pytest.raises(gymnasium.error.ResetNeeded, match="the trial is over"):
        env.step(FORWARD)


def test_each_episode_has_its_target_also_on_the_map():
    env = MazeTrialEnv(**SHORT, num_targets=2, render_mode="rgb_array")
    env.reset(seed=0)
    maze = env._batch.maze(0)
    assert len(maze.targets) == 2
    for episode in (0, 1):
        view = env.render()
        size = view.shape[0]
        path = np.array(env._batch.paths[0])
        expected = render_map(maze, path, size, duration=9, episode=episode)
        assert (view[:, -size:] == expected).all()
        for _ in range(9):
            env.step(TURN_LEFT)
    with pytest.raises(UserError, match="num_targets is 3; it must be at most episodes, 2"):
        MazeTrialEnv(**SHORT, num_targets=3)


def play(env, seed, steps=120):
    """Images of a seeded random play, trial after trial."""
    rng = np.random.default_rng(seed)
    seen = [env.reset(seed=seed)[0]["image"]]
    for _ in range(steps):
        obs, _, terminated, _, info = env.step(int(rng.integers(3)))
        seen.append(obs["image"])
        if terminated:
            assert len(info["lengths"]) == env.unwrapped._batch.episodes
            seen.append(env.reset()[0]["image"])
    return np.array(seen)


def test_the_same_seed_gives_the_same_mazes():
    first, again, other = (play(MazeTrialEnv(**SHORT), seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert first.shape != other.shape or (first != other).any()


def test_info_holds_success_and_length():
    """The shortest path, by a player that knows the maze."""
    from rl2_mazes.mazes.planning.shortest_paths import grid_steps

    env = MazeTrialEnv(**SHORT, episodes=3)
    env.reset(seed=0)
    maze = env._batch.maze(0)
    steps, start = grid_steps(maze), maze.start(0)
    lengths = []
    for _ in range(3):
        at = [start.row, start.col, start.heading]
        while True:
            row, col, heading = at
            ahead = (row + (0, -1, 0, 1)[heading], col + (1, 0, -1, 0)[heading], heading)
            if steps[ahead] == steps[row, col, heading] - 1 and not maze.walls[ahead[:2]]:
                action, at = FORWARD, list(ahead)
            else:
                action, at = TURN_LEFT, [row, col, (heading + 1) % 4]
            _, reward, terminated, _, info = env.step(action)
            if info["episode_done"]:
                break
        lengths.append(int(info["episode_length"]))
        assert info["success"]
        assert reward == pytest.approx(0.96)
    assert terminated
    assert info["lengths"].tolist() == lengths
    assert len(set(lengths)) == 1
    assert info["successes"].all()


@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_the_batch_equals_single_environments(movement):
    """Gymnasium's SyncVectorEnv of single environments, step by step, infos included."""
    settings = {**SHORT, "movement": movement}
    singles = SyncVectorEnv([lambda: MazeTrialEnv(**settings)] * 3)
    batch = MazeTrialVectorEnv(3, **settings)
    assert batch.observation_space == singles.observation_space
    assert batch.action_space == singles.action_space
    rng = np.random.default_rng(0)
    given, wanted = batch.reset(seed=7), singles.reset(seed=7)
    for _ in range(60):
        for name in given[0]:
            assert (given[0][name] == wanted[0][name]).all(), name
        assert given[0] in batch.observation_space
        for one, other in zip(given[1:-1], wanted[1:-1], strict=True):
            assert one == pytest.approx(other)
        assert set(given[-1]) == set(wanted[-1])
        for key, value in wanted[-1].items():
            assert (given[-1][key] == value).all(), key
        actions = rng.integers(3, size=3)
        given, wanted = batch.step(actions), singles.step(actions)


def test_make_vec():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        envs = gymnasium.make_vec("rl2_mazes:rl2/GridSmall-v0", num_envs=4, **FEW)
    assert isinstance(envs.unwrapped, MazeTrialVectorEnv)
    assert envs.metadata["autoreset_mode"] is gymnasium.vector.AutoresetMode.NEXT_STEP
    obs, _ = envs.reset(seed=[1, 2, 3, 4])
    assert obs["image"].shape == (4, 30, 40, 3)
    with pytest.raises(ValueError, match="seed has 2 entries; there are 4 environments"):
        envs.reset(seed=[1, 2])
    envs.close()


def test_render_shows_image_and_map():
    env = MazeTrialEnv(**SHORT, render_mode="rgb_array")
    obs, _ = env.reset(seed=0)
    before = env.render()
    assert before.shape == (240, 560, 3)
    assert (before[:240:8, :320:8] == obs["image"]).all()
    obs, *_ = env.step(TURN_LEFT)
    after = env.render()
    assert (after[:240:8, :320:8] == obs["image"]).all()
    assert (after[:, 320:] != before[:, 320:]).any(), "the arrow on the map has turned"
    envs = MazeTrialVectorEnv(2, **SHORT, render_mode="rgb_array")
    envs.reset(seed=0)
    assert (np.array(envs.render()[0]) == before).all()


@pytest.mark.slow
def test_the_engine_runs_them_too():
    """The same steps in the same mazes; images differ by what `eval.parity` measures."""
    twin, engine = (MazeTrialEnv(**SHORT, engine=name) for name in ("twin", "doom"))
    try:
        one, other = play(twin, 5, 40), play(engine, 5, 40)
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).mean() < 2
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "quake"}, r"engine is 'quake'; it must be one of \('twin', 'doom'\)"),
        ({"episodes": 0}, "episodes is 0; it must be at least 1"),
        ({"render_mode": "human"}, "render_mode is 'human'; it must be None or 'rgb_array'"),
        ({"split": "tset"}, "split is 'tset'; it must be one of"),
    ],
)
def test_errors_name_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        MazeTrialEnv(**{**SHORT, **settings})
