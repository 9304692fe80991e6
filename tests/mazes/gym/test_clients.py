"""Promises to gymnasium's clients: checks of actions, options, autoreset, processes, deepcopy."""

import copy
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from support.processes import GIVE_UP
from support.programs import environment

from rl2_mazes.mazes.gym.batch import NO_ACTION
from rl2_mazes.mazes.gym.single import MazeTrialEnv
from rl2_mazes.mazes.gym.vector import MazeTrialVectorEnv
from rl2_mazes.mazes.rules import TURN_LEFT

SHORT = {"movement": "grid", "rooms": 2, "horizon": 3, "num_mazes": 5}


@pytest.mark.parametrize(
    "actions",
    [
        np.zeros(1, int),
        np.zeros(3, int),
        np.zeros((2, 1), int),
        np.zeros(2),
        np.full(2, np.nan),
        np.array([0, 3]),
        np.array([-1, 0]),
        np.array([0, 2**63], np.uint64),
        np.array(["left", "left"]),
        0,
        None,
    ],
    ids=str,
)
def test_a_batch_checks_its_actions(actions):
    envs = MazeTrialVectorEnv(2, **SHORT)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match="action"):
        envs.step(actions)
    envs.step(np.zeros(2, np.int32))


def test_both_lengths_are_named():
    envs = MazeTrialVectorEnv(2, **SHORT)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=r"actions has shape \[3\]; it must be \[2\]"):
        envs.step(np.zeros(3, int))


@pytest.mark.parametrize("action", [3, -1, 0.5, np.nan, [1], None])
def test_one_environment_checks_its_action(action):
    env = MazeTrialEnv(**SHORT)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="action"):
        env.step(action)


def test_a_closed_environment_is_neither_stepped_nor_reset():
    for env, action in ((MazeTrialEnv(**SHORT), 0), (MazeTrialVectorEnv(1, **SHORT), [0])):
        env.reset(seed=0)
        env.close()
        env.close()
        with pytest.raises(gymnasium.error.ClosedEnvironmentError):
            env.step(action)
        with pytest.raises(gymnasium.error.ClosedEnvironmentError):
            env.reset()


def test_the_maze_can_be_chosen():
    env, envs = MazeTrialEnv(**SHORT), MazeTrialVectorEnv(3, **SHORT)
    for maze in range(5):
        env.reset(options={"maze": maze})
        assert env._batch.task.tolist() == [maze]
    envs.reset(options={"maze": [4, 0, 2]})
    assert envs._batch.task.tolist() == [4, 0, 2]
    envs.reset(options={"maze": 1})
    assert envs._batch.task.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"maze": 5}, r"the option maze is 5; it must lie in 0 \.\. 4"),
        ({"maze": -1}, "the option maze is -1"),
        ({"maze": 0.5}, "it must be an index"),
        ({"maze": [0, 1]}, "it must be an index, or 3 of them"),
        ({"map": 5}, "reset has no option 'map'; its options are maze, reset_mask"),
        ({"reset_mask": [True, False, False]}, "it must be a numpy array of 3 bool"),
        ({"reset_mask": np.ones(2, bool)}, "it must be a numpy array of 3 bool"),
        ({"reset_mask": np.zeros(3, bool)}, "selects no environment"),
    ],
)
def test_wrong_options_are_refused(options, message):
    envs = MazeTrialVectorEnv(3, **SHORT)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        envs.reset(options=options)


def test_a_mask_resets_some():
    envs = MazeTrialVectorEnv(3, **SHORT)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.reset(options={"reset_mask": np.array([True, False, False])})
    envs.reset(seed=0)
    envs.step(np.full(3, TURN_LEFT))
    obs, info = envs.reset(options={"reset_mask": np.array([True, False, True])})
    assert obs["prev_action"].tolist() == [NO_ACTION, TURN_LEFT, NO_ACTION]
    assert info["lengths"].tolist() == [[0, 0], [1, 0], [0, 0]]


def flat(info, prefix=""):
    """Names and values of nested infos; of objects, those that exist."""
    for name, value in info.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif name == "final_obs":
            for index, obs in enumerate(value):
                yield from flat(obs or {}, f"{prefix}{name}.{index}.")
        else:
            yield prefix + name, np.asarray(value)


@pytest.mark.parametrize("mode", AutoresetMode)
def test_autoreset_is_gymnasiums(mode):
    """A batch against gymnasium's vector of single environments, in each mode, infos included."""
    singles = SyncVectorEnv([lambda: MazeTrialEnv(**SHORT)] * 3, autoreset_mode=mode)
    batch = MazeTrialVectorEnv(3, autoreset_mode=mode, **SHORT)
    assert batch.metadata["autoreset_mode"] is mode
    rng = np.random.default_rng(0)
    given, wanted = batch.reset(seed=7), singles.reset(seed=7)
    ends = 0
    for _ in range(40):
        for name in given[0]:
            assert (given[0][name] == wanted[0][name]).all(), name
        for one, other in zip(given[1:-1], wanted[1:-1], strict=True):
            assert one == pytest.approx(other)
        one, other = dict(flat(given[-1])), dict(flat(wanted[-1]))
        assert one.keys() == other.keys()
        for name, value in other.items():
            assert (one[name] == value).all(), name
            assert one[name].dtype == value.dtype, name
        over = given[2] if len(given) > 2 else np.zeros(3, bool)
        ends += over.sum()
        if mode is AutoresetMode.DISABLED and over.any():
            with pytest.raises(gymnasium.error.ResetNeeded, match="are over"):
                batch.step(np.zeros(3, int))
            batch.reset(options={"reset_mask": over.copy()})
            singles.reset(options={"reset_mask": over.copy()})
        actions = rng.integers(3, size=3)
        given, wanted = batch.step(actions), singles.step(actions)
    assert ends > 10


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="must be one of NextStep, SameStep, Disabled"):
        MazeTrialVectorEnv(2, autoreset_mode="never", **SHORT)


def test_images_have_the_size_that_is_asked_for():
    env = MazeTrialEnv(**SHORT, obs_height=48, obs_width=64, image_only=True)
    obs, _ = env.reset(seed=0)
    assert obs.shape == env.observation_space.shape == (48, 64, 3)
    with pytest.raises(ValueError, match="obs_height"):
        MazeTrialEnv(**SHORT, obs_height=0)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_goes_on_as_the_original(clone):
    env = MazeTrialEnv(**SHORT)
    env.reset(seed=3)
    env.step(TURN_LEFT)
    other = clone(env)
    for action in (2, 2, 0, 2, 1):
        if env._batch.over[0]:
            assert (env.reset()[0]["image"] == other.reset()[0]["image"]).all()
        one, two = env.step(action), other.step(action)
        assert (one[0]["image"] == two[0]["image"]).all()
        assert one[1:4] == two[1:4]


def test_keys_to_play_with():
    env = MazeTrialEnv(**SHORT, render_mode="rgb_array")
    keys = env.get_keys_to_action()
    assert {action for action in keys.values()} == {0, 1, 2}
    pygame = pytest.importorskip("pygame")
    assert keys[(pygame.K_LEFT,)] == TURN_LEFT


PROCESSES = """
import sys
import gymnasium
from contextlib import closing
if __name__ == "__main__":
    one = gymnasium.make("rl2_mazes:rl2/GridSmall-v0", num_mazes=20)
    image = one.reset(seed=0)[0]["image"]
    assert "torch" not in sys.modules, "whose import takes longer than all else here"
    for context, num_envs in (("spawn", 1), ("forkserver", 1), ("fork", 2), ("fork", 2)):
        with closing(gymnasium.make_vec("rl2_mazes:rl2/GridSmall-v0", num_envs=num_envs,
                num_mazes=20, vectorization_mode="async",
                vector_kwargs={"context": context})) as envs:
            first, _ = envs.reset(seed=0)
            assert (first["image"][0] == image).all()
            for _ in range(5):
                obs, *_ = envs.step([0] * num_envs)
            print(context, obs["prev_action"].tolist())
"""


@pytest.mark.slow
def test_environments_in_processes(tmp_path):
    """Gymnasium's AsyncVectorEnv; with fork after environments of this process were used."""
    script = tmp_path / "script.py"
    script.write_text(PROCESSES)
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**environment(), "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=GIVE_UP,
    )
    expected = ["spawn [0]", "forkserver [0]", "fork [0, 0]", "fork [0, 0]"]
    assert done.stdout.splitlines() == expected, done.stderr
