"""The twin as an environment: contract, errors, and the fast kernel against the reference."""

import copy
import pickle

import pytest
import torch

from rl2_mazes.mazes.maze import EAST, NORTH, Maze, Pose
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

REFERENCE = TwinSettings(device="cpu", kernel="reference")
NUMBA = TwinSettings(device="cpu", kernel="numba")
TINY = {"obs_height": 3, "obs_width": 4}


@pytest.fixture(autouse=True)
def two_threads():
    """The kernel uses as many threads, so that a race between environments would show."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def mazes() -> MazeSet:
    sets = [
        MazeTasks(rooms=2, num_mazes=4, num_starts=2, num_targets=2, texture_sets=[0, 1, 2]),
        MazeTasks(rooms=5, num_mazes=4, generator="wilson", loops=0.3, texture_sets=[3, 4, 5]),
    ]
    return MazeSet([maze for tasks in sets for maze in MazeSet.draw(tasks)])


def corridor() -> Maze:
    """Start, an empty cell, the target; all in a row."""
    walls = torch.ones(3, 5, dtype=torch.bool)
    walls[1, 1:4] = False
    return Maze(walls.numpy(), starts=(Pose(1, 1, EAST), Pose(1, 2, NORTH)), targets=((1, 3),))


def on_corridor(settings: TwinSettings, **rules) -> TwinEnv:
    env = TwinEnv(MazeSet([corridor()]), MazeRules(**rules, **TINY), 1, settings)
    env.set_task(torch.tensor([0]), torch.tensor([True]))
    env.reset(torch.tensor([True]))
    return env


@pytest.mark.parametrize("movement", ["walk", "grid"])
@pytest.mark.parametrize("size", [(30, 40), (17, 23)])
def test_the_compiled_kernel_is_the_reference(mazes, movement, size):
    rules = MazeRules(movement=movement, horizon=7, obs_height=size[0], obs_width=size[1])
    envs = [TwinEnv(mazes, rules, len(mazes), settings) for settings in (REFERENCE, NUMBA)]
    tasks, everyone = torch.arange(len(mazes)), torch.ones(len(mazes), dtype=torch.bool)
    for env in envs:
        env.set_task(tasks, everyone)
    frames = [env.reset(everyone) for env in envs]
    assert torch.equal(*frames)
    assert len(frames[0].unique()) > 20
    rng = torch.Generator().manual_seed(0)
    ends = 0
    for _ in range(10):
        action = torch.randint(3, tasks.shape, generator=rng)
        steps = [env.step(action) for env in envs]
        for one, other in zip(*steps, strict=True):
            assert torch.equal(one, other)
        assert torch.equal(envs[0].poses, envs[1].poses)
        done = steps[0].terminated | steps[0].truncated
        ends += int(done.sum())
        assert torch.equal(*(env.reset(done) for env in envs))
    assert ends >= len(mazes)


@pytest.mark.parametrize("settings", [REFERENCE, NUMBA], ids=["reference", "numba"])
def test_grid_trace_by_hand(settings):
    env = on_corridor(settings, movement="grid", horizon=5)
    assert env.poses.tolist() == [[144.0, -144.0, 0.0]]
    trace = [  # action, reward, terminated, pose after
        (TURN_LEFT, -0.04, False, [144, -144, 90]),
        (FORWARD, -0.041, False, [144, -144, 90]),
        (TURN_RIGHT, -0.04, False, [144, -144, 0]),
        (FORWARD, -0.04, False, [240, -144, 0]),
        (FORWARD, 0.96, True, [240, -144, 0]),
    ]
    for action, reward, terminated, pose in trace:
        result = env.step(torch.tensor([action]))
        assert result.reward.item() == pytest.approx(reward, abs=1e-7)
        assert result.terminated.item() == terminated
        assert not result.truncated.item()
        assert env.poses[0].tolist() == pose


def test_an_ended_episode_waits_and_the_next_one_has_its_own_start():
    env = on_corridor(NUMBA, movement="grid", horizon=1)
    assert env.step(torch.tensor([TURN_LEFT])).truncated.item()
    waiting = env.step(torch.tensor([FORWARD]))
    assert (waiting.reward.item(), waiting.truncated.item()) == (0, False)
    env.reset(torch.tensor([True]))
    assert env.poses[0].tolist() == [240, -144, 90]
    env.set_task(torch.tensor([0]), torch.tensor([True]))
    env.reset(torch.tensor([True]))
    assert env.poses[0].tolist() == [144, -144, 0]


@pytest.mark.parametrize("settings", [REFERENCE, NUMBA], ids=["reference", "numba"])
@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_each_episode_has_its_own_target(settings, movement):
    """Two cells ahead, then in the cell ahead; the frame of the same pose shows it nearer."""
    walls = torch.ones(3, 6, dtype=torch.bool)
    walls[1, 1:5] = False
    maze = Maze(walls.numpy(), (Pose(1, 1, EAST),), targets=((1, 3), (1, 4)))
    rules = MazeRules(movement=movement, horizon=50, obs_height=30, obs_width=40)
    env = TwinEnv(MazeSet([maze]), rules, 1, settings)
    only = torch.tensor([True])
    env.set_task(torch.tensor([0]), only)
    lengths, frames = [], []
    for _ in range(4):
        frames.append(env.reset(only).clone())
        steps, ended = 0, False
        while not ended:
            result = env.step(torch.tensor([FORWARD]))
            steps, ended = steps + 1, bool(result.terminated)
        lengths.append(steps)
    assert lengths[:2] == lengths[2:]
    assert lengths[0] < lengths[1]
    assert lengths[:2] == [2, 3] or movement == "walk"
    assert torch.equal(frames[0], frames[2])
    assert torch.equal(frames[1], frames[3])
    assert not torch.equal(frames[0], frames[1])


def test_walking_into_the_target_ends_the_episode_without_a_wall_penalty():
    env = on_corridor(NUMBA, movement="walk", horizon=50)
    rewards, terminated = [], False
    while not terminated:
        result = env.step(torch.tensor([FORWARD]))
        rewards.append(result.reward.item())
        terminated = result.terminated.item()
    assert rewards[:-1] == pytest.approx([-0.04] * (len(rewards) - 1))
    assert rewards[-1] == pytest.approx(0.96)
    assert env.poses[0, 0].item() == pytest.approx(289 - 16, abs=1)


def test_walking_into_a_wall_costs_every_tic():
    env = on_corridor(NUMBA, movement="walk", horizon=50)
    env.reset(torch.tensor([True]))  # the second start faces north, half a cell from the wall
    rewards = [env.step(torch.tensor([FORWARD])).reward.item() for _ in range(6)]
    assert rewards[0] == pytest.approx(-0.04)
    assert rewards[-1] == pytest.approx(-0.044)


def test_masks_leave_other_environments_unchanged(mazes):
    env = TwinEnv(mazes, MazeRules(movement="grid", **TINY), 3, NUMBA)
    everyone = torch.ones(3, dtype=torch.bool)
    env.set_task(torch.tensor([0, 1, 2]), everyone)
    env.reset(everyone)
    env.step(torch.full((3,), TURN_LEFT))
    before = env.poses
    only = torch.tensor([False, True, False])
    env.set_task(torch.tensor([-5, 3, 99]), only)
    env.reset(only)
    assert torch.equal(env.poses[[0, 2]], before[[0, 2]])
    assert env.poses[1, 2].item() == 0


def test_errors_say_what_would_be_right(mazes, monkeypatch):
    everyone = torch.tensor([True])
    env = TwinEnv(mazes, MazeRules(), 1, REFERENCE)
    with pytest.raises(RuntimeError, match="set_task first"):
        env.reset(everyone)
    with pytest.raises(IndexError, match=r"none of the mazes 0 \.\. 7"):
        env.set_task(torch.tensor([8]), everyone)
    with pytest.raises(ValueError, match=r"actions must lie in 0 \.\. 2"):
        env.step(torch.tensor([3]))
    with pytest.raises(ValueError, match="num_envs is 0"):
        TwinEnv(mazes, MazeRules(), 0)
    with pytest.raises(ValueError, match="must be one of"):
        TwinSettings(device="tpu")
    with pytest.raises(ValueError, match="must be one of"):
        TwinSettings(kernel="fortran")
    with pytest.raises(ValueError, match="does not run on device cpu"):
        TwinEnv(mazes, MazeRules(), 1, TwinSettings(device="cpu", kernel="triton"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"no CUDA device; give engine\.device=cpu"):
        TwinEnv(mazes, MazeRules(), 1, TwinSettings(device="cuda"))


def test_a_maze_beyond_the_engines_coordinates_is_refused():
    walls = torch.ones(3, 343, dtype=torch.bool)
    walls[1, 1:3] = False
    maze = Maze(walls.numpy(), starts=(Pose(1, 1),), targets=((1, 2),))
    with pytest.raises(ValueError, match="lower rooms to 170 or less"):
        TwinEnv(MazeSet([maze]), MazeRules(), 1, REFERENCE)


def test_it_uses_as_many_threads_as_torch():
    import numba

    from rl2_mazes.mazes.twin.cpu.kernel import ENVS_FOR_THREADS, MAX_THREADS, kernels

    before = numba.get_num_threads()
    kernels(ENVS_FOR_THREADS - 1, 2)
    kernels(ENVS_FOR_THREADS, 1)
    assert numba.get_num_threads() == before, "a kernel without threads leaves them alone"
    kernels(ENVS_FOR_THREADS, 2)
    assert numba.get_num_threads() == min(2, MAX_THREADS)


@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_threads_change_nothing(mazes, movement, monkeypatch):
    """The kernel of few environments and that of many, on the same ones."""
    from rl2_mazes.mazes.twin.cpu import kernel

    envs = []
    for first_with_threads in (10**6, 1):
        monkeypatch.setattr(kernel, "ENVS_FOR_THREADS", first_with_threads)
        rules = MazeRules(movement=movement, horizon=7, **TINY)
        envs.append(TwinEnv(mazes, rules, len(mazes), NUMBA))
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    for env in envs:
        env.set_task(torch.arange(len(mazes)), everyone)
        env.reset(everyone)
    rng = torch.Generator().manual_seed(0)
    for _ in range(6):
        action = torch.randint(3, (len(mazes),), generator=rng)
        for one, other in zip(*(env.step(action) for env in envs), strict=True):
            assert torch.equal(one, other)


WRONG = {
    "too few": torch.zeros(1, dtype=torch.int64),
    "too many": torch.zeros(3, dtype=torch.int64),
    "none": torch.zeros(0, dtype=torch.int64),
    "a column": torch.zeros(2, 1, dtype=torch.int64),
    "a number": torch.tensor(0),
    "floats": torch.zeros(2),
    "NaN": torch.full((2,), torch.nan),
    "bool": torch.zeros(2, dtype=torch.bool),
    "negative": torch.tensor([0, -1]),
    "too large": torch.tensor([0, 3]),
    "enormous": torch.tensor([0, 2**62]),
}


@pytest.mark.parametrize("action", WRONG.values(), ids=WRONG.keys())
def test_actions_are_checked_before_a_kernel_sees_them(mazes, action):
    env = TwinEnv(mazes, MazeRules(movement="grid", **TINY), 2, NUMBA)
    everyone = torch.ones(2, dtype=torch.bool)
    env.set_task(torch.tensor([0, 1]), everyone)
    env.reset(everyone)
    with pytest.raises(ValueError, match=r"must (be|lie in)") as error:
        env.step(action)
    assert "\n" not in str(error.value)
    assert env.step(torch.tensor([0, 2], dtype=torch.uint8)).reward.tolist() != [0, 0]


def test_masks_and_tasks_are_checked(mazes):
    env = TwinEnv(mazes, MazeRules(**TINY), 2, NUMBA)
    everyone = torch.ones(2, dtype=torch.bool)
    for mask in (torch.ones(3, dtype=torch.bool), torch.ones(2), torch.ones(2, 2) > 0):
        with pytest.raises(ValueError, match="mask"):
            env.set_task(torch.tensor([0, 1]), mask)
        with pytest.raises(ValueError, match="mask"):
            env.reset(mask)
    for tasks in (torch.zeros(3, dtype=torch.int64), torch.zeros(2)):
        with pytest.raises(ValueError, match="tasks"):
            env.set_task(tasks, everyone)


def test_a_closed_one_takes_no_step(mazes):
    env = TwinEnv(mazes, MazeRules(**TINY), 1, NUMBA)
    env.close()
    env.close()
    with pytest.raises(RuntimeError, match="the environment is closed"):
        env.step(torch.tensor([0]))


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_goes_on_as_the_original(mazes, clone):
    env = TwinEnv(mazes, MazeRules(**TINY), 3, NUMBA)
    everyone = torch.ones(3, dtype=torch.bool)
    env.set_task(torch.tensor([0, 3, 5]), everyone)
    env.reset(everyone)
    env.step(torch.full((3,), FORWARD))
    other = clone(env)
    for action in (TURN_LEFT, FORWARD, FORWARD):
        steps = [each.step(torch.full((3,), action)) for each in (env, other)]
        for one, two in zip(*steps, strict=True):
            assert torch.equal(one, two)
    assert torch.equal(env.poses, other.poses)


def corrupt(name, change):
    def of(state):
        return {**state, name: change(state[name].clone())}

    return of


def at(index, value):
    def change(x):
        x[index] = value
        return x

    return change


@pytest.mark.parametrize(
    "corrupted",
    [
        corrupt("task", at(0, 99)),
        corrupt("task", at(0, -1)),
        corrupt("task", lambda x: x[:1]),
        corrupt("episode", at(0, -3)),
        corrupt("steps", at(1, -1)),
        corrupt("state", at((0, 0), 2**40)),
        corrupt("state", at((1, 1), 5)),
        corrupt("state", at((0, 2), 2**30)),
        corrupt("state", at((0, 4), -1)),
        corrupt("state", lambda x: x.float()),
        corrupt("frames", lambda x: x[:, :1]),
        lambda state: {name: x for name, x in state.items() if name != "running"},
    ],
)
def test_an_impossible_state_is_refused(mazes, corrupted):
    env = TwinEnv(mazes, MazeRules(**TINY), 2, NUMBA)
    everyone = torch.ones(2, dtype=torch.bool)
    env.set_task(torch.tensor([0, 1]), everyone)
    env.reset(everyone)
    before = env.state_dict()
    with pytest.raises(ValueError, match="the state of the mazes"):
        env.load_state_dict(corrupted(before))
    for name, field in env.state_dict().items():
        assert torch.equal(field, before[name])
