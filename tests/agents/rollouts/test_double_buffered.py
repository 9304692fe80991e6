"""Double-buffered sampling: two halves make the rollouts that each would make alone."""

import threading
import time
from concurrent.futures import wait
from typing import ClassVar

import pytest
import torch
from support.levers import SMALL
from support.toys import LeverEnv, LeverSampler, Watcher

from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.rollouts import double_buffered
from rl2_mazes.agents.rollouts.double_buffered import DoubleBufferedCollector
from rl2_mazes.agents.rollouts.rollout import PER_ENV, collect, to_device
from rl2_mazes.agents.training.setup import build_trial
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core.random import seeding
from rl2_mazes.core.split_trial import SplitTrial
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import TimeStep
from rl2_mazes.mazes.doom.pool import EngineSettings
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
        ],
    ),
]


class Meeting(LeverEnv):
    """Steps only together with another environment of this class."""

    barrier = threading.Barrier(2, timeout=10)

    def step(self, action):
        self.barrier.wait()
        return super().step(action)


def two_trials(kind=LeverEnv, num_envs=3):
    return [Trial(kind(num_envs), LeverSampler(), episodes_per_trial=2) for _ in range(2)]


def begin(kind=LeverEnv, device="cpu"):
    trial = SplitTrial(two_trials(kind))
    torch.manual_seed(0)
    agent = RL2Agent(trial.env.spaces, SMALL).to(device)
    rng = torch.Generator(device).manual_seed(0)
    timestep = to_device(trial.reset(5), agent.device)
    return agent, trial, rng, agent.initial_carry(6), timestep


@pytest.mark.parametrize("device", DEVICES)
def test_rollouts_equal_those_of_each_half_alone(device):
    agent, trial, rng, carry, timestep = begin(device=device)
    collector = DoubleBufferedCollector(agent, trial, 7, rng)
    ours = []
    for _ in range(2):
        rollout, carry, timestep = collector(carry, timestep)
        ours.append(rollout)

    again = torch.Generator(device).manual_seed(0)
    halves = two_trials()
    steps = [
        to_device(half.reset(5 + i * seeding.HALF), agent.device) for i, half in enumerate(halves)
    ]
    carries = [agent.initial_carry(3), agent.initial_carry(3)]
    for rollout in ours:
        rngs = [DoubleBufferedCollector(agent, trial, 7, again)._split_rng() for _ in halves]
        alone = []
        for i, half in enumerate(halves):
            one, carries[i], steps[i] = collect(agent, half, carries[i], steps[i], 7, rngs[i])
            alone.append(one)
        for i, one in enumerate(alone):
            envs = slice(3 * i, 3 * i + 3)
            for name, field in one._asdict().items():
                whole = getattr(rollout, name)
                if name == "timesteps":
                    whole = TimeStep(*(x[:, envs] for x in whole))
                else:
                    whole = whole[envs] if name in PER_ENV else whole[:, envs]
                torch.testing.assert_close(whole, field)
    torch.testing.assert_close(carry, torch.cat(carries))


def test_both_halves_step_at_the_same_time():
    agent, trial, rng, carry, timestep = begin(Meeting)
    rollout, *_ = DoubleBufferedCollector(agent, trial, 4, rng)(carry, timestep)
    assert rollout.reward.shape == (4, 6)


class Slow(LeverEnv):
    """Takes long to step, and reports its first step."""

    def __init__(self, num_envs):
        super().__init__(num_envs)
        self.steps, self.stepping = 0, threading.Event()

    def step(self, action):
        self.steps += 1
        self.stepping.set()
        time.sleep(0.01)
        return super().step(action)


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_of_one_half_stops_the_other(failing):
    agent, trial, rng, carry, timestep = begin(Slow)
    envs = [half.env for half in trial.halves]

    def fail(action):
        envs[1 - failing].stepping.wait(10)
        raise ZeroDivisionError

    envs[failing].step = fail
    collector = DoubleBufferedCollector(agent, trial, 100_000, rng)
    with pytest.raises(ZeroDivisionError):
        collector(carry, timestep)
    assert 0 < envs[1 - failing].steps < 10_000


def test_an_interrupt_stops_both_halves(monkeypatch):
    agent, trial, rng, carry, timestep = begin(Slow)
    envs = [half.env for half in trial.halves]

    def interrupted(futures, **options):
        if options:  # the wait for results; the other is for the threads to stop
            for env in envs:
                env.stepping.wait(10)
            raise KeyboardInterrupt
        return wait(futures)

    monkeypatch.setattr(double_buffered, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        DoubleBufferedCollector(agent, trial, 100_000, rng)(carry, timestep)
    steps = [env.steps for env in envs]
    assert all(0 < number < 10_000 for number in steps)
    time.sleep(0.1)
    assert [env.steps for env in envs] == steps


def test_the_halves_have_different_tasks():
    trial = SplitTrial(two_trials(num_envs=50))
    trial.reset(0)
    first, second = (half.env.lever for half in trial.halves)
    assert not torch.equal(first, second)


class FakePool(LeverEnv):
    """A pool of engines that records its arguments."""

    made: ClassVar[list["FakePool"]] = []
    most = 2

    def __init__(self, mazes, rules, num_envs, engine, first_core=0):
        if len(self.made) == self.most:
            raise OSError("no more engines")
        super().__init__(num_envs)
        self.mazes, self.first_core, self.closed = mazes, first_core, False
        self.worker_pids = [1, 2, 3]
        self.made.append(self)

    def close(self):
        self.closed = True


@pytest.fixture
def pools(monkeypatch):
    for module in ("mazes.suite", "mazes.doom.pool"):  # which start two halves and one pool
        monkeypatch.setattr(f"rl2_mazes.{module}.DoomPool", FakePool)
    monkeypatch.setattr(FakePool, "made", [])
    return FakePool


FEW = MazeSuite(tasks=MazeTasks(num_mazes=10))


@pytest.mark.parametrize(
    ("device", "num_envs", "halves"), [("cuda", 4, [2, 2]), ("cuda", 3, [3]), ("cpu", 4, [4])]
)
def test_engines_that_feed_a_gpu_are_split(device, num_envs, halves, pools):
    trial = build_trial(FEW, EngineSettings(), num_envs, torch.device(device), 0)
    assert [pool.num_envs for pool in pools.made] == halves
    assert isinstance(trial, SplitTrial) == (len(halves) == 2)
    assert trial.env.num_envs == num_envs
    assert len({id(pool.mazes) for pool in pools.made}) == 1  # drawn once
    assert [pool.first_core for pool in pools.made] == [0, 3][: len(halves)]
    trial.env.close()
    assert all(pool.closed for pool in pools.made)


def test_if_a_half_cannot_start_the_other_is_closed(pools, monkeypatch):
    monkeypatch.setattr(pools, "most", 1)
    with pytest.raises(OSError, match="no more"):
        build_trial(FEW, EngineSettings(), 4, torch.device("cuda"), 0)
    assert [pool.closed for pool in pools.made] == [True]


@pytest.mark.slow
def test_engines_in_two_halves_train():
    pools, mazes = FEW.build_halves(2, EngineSettings(1))
    trial = SplitTrial([Trial(pool, mazes, 2) for pool in pools])
    try:
        agent, watcher = RL2Agent(trial.env.spaces, SMALL), Watcher()
        training = Trainer(agent, watcher, trial, 6, seed=0)
        for _ in range(2):
            metrics = training.iterate()
        assert training.steps == 48
        assert metrics["steps_per_s"] > 0
        assert watcher.rollouts[1].timesteps.obs.shape == (6, 4, 30, 40, 3)
        assert watcher.rollouts[1].timesteps.obs.float().std() > 1
        state = training.state_dict()
        assert not Trainer(agent, watcher, trial, 6, seed=0).load_state_dict(state, 48)
    finally:
        trial.env.close()
