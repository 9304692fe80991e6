"""Two halves that step by turns make the rollout that each would have made by itself."""

import threading

import pytest
import torch
from levers import SMALL
from toys import LeverEnv, LeverSampler, Watcher

from agents.rl2 import RL2Agent
from agents.rollout import collect, to_device
from agents.training import Training
from agents.turns import TurnTaker
from conf import build
from conf.build import build_trial
from mazes.doom.pool import EngineSettings
from mazes.suite import MazeSuite
from mazes.tasks import MazeTasks
from mazes.twin.twin import TwinSettings
from trials import seeds
from trials.side_by_side import SideBySide
from trials.trial import Trial

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
    """Steps only while another copy of it does, too."""

    barrier = threading.Barrier(2, timeout=10)

    def step(self, action):
        self.barrier.wait()
        return super().step(action)


def two_trials(kind=LeverEnv, num_envs=3):
    return [Trial(kind(num_envs), LeverSampler(), episodes_per_trial=2) for _ in range(2)]


def begin(kind=LeverEnv, device="cpu"):
    trial = SideBySide(two_trials(kind))
    torch.manual_seed(0)
    agent = RL2Agent(trial.env.spaces, SMALL).to(device)
    rng = torch.Generator(device).manual_seed(0)
    timestep = to_device(trial.reset(5), agent.device)
    return agent, trial, rng, agent.initial_carry(6), timestep


@pytest.mark.parametrize("device", DEVICES)
def test_as_each_half_by_itself(device):
    agent, trial, rng, carry, timestep = begin(device=device)
    taker = TurnTaker(agent, trial, 7, rng)
    ours = []
    for _ in range(2):
        rollout, carry, timestep = taker(carry, timestep)
        ours.append(rollout)

    again = torch.Generator(device).manual_seed(0)
    halves = two_trials()
    seen = [
        to_device(half.reset(5 + i * seeds.HALF), agent.device) for i, half in enumerate(halves)
    ]
    carries = [agent.initial_carry(3), agent.initial_carry(3)]
    for rollout in ours:
        rngs = [TurnTaker(agent, trial, 7, again)._own_rng() for _ in halves]
        for i, half in enumerate(halves):
            alone, carries[i], seen[i] = collect(agent, half, carries[i], seen[i], 7, rngs[i])
            span = slice(3 * i, 3 * i + 3)
            for one, other in zip(rollout.timesteps, alone.timesteps, strict=True):
                torch.testing.assert_close(one[:, span], other)
            for one, other in zip(rollout[1:-2], alone[1:-2], strict=True):
                torch.testing.assert_close(one[:, span], other)
            for one, other in zip(rollout[-2:], alone[-2:], strict=True):
                torch.testing.assert_close(one[span], other)
    torch.testing.assert_close(carry, torch.cat(carries))


def test_both_are_under_way_at_the_same_time():
    agent, trial, rng, carry, timestep = begin(Meeting)
    rollout, *_ = TurnTaker(agent, trial, 4, rng)(carry, timestep)
    assert rollout.reward.shape == (4, 6)


def test_what_one_half_raises_is_raised():
    agent, trial, rng, carry, timestep = begin()
    trial.halves[1].env.step = lambda action: 1 / 0
    with pytest.raises(ZeroDivisionError):
        TurnTaker(agent, trial, 4, rng)(carry, timestep)


def test_the_halves_have_tasks_of_their_own():
    trial = SideBySide(two_trials(num_envs=50))
    trial.reset(0)
    first, second = (half.env.lever for half in trial.halves)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    ("engine", "device", "num_envs", "by_turns"),
    [
        (EngineSettings(), "cuda", 4, True),
        (EngineSettings(), "cuda", 3, False),
        (EngineSettings(), "cpu", 4, False),
        (TwinSettings(), "cuda", 4, False),
    ],
)
def test_engines_that_feed_a_gpu_play_by_turns(engine, device, num_envs, by_turns, monkeypatch):
    asked = []

    def build_env(suite, engine, num_envs, device, seed):
        asked.append(num_envs)
        return LeverEnv(num_envs), LeverSampler()

    monkeypatch.setattr(build, "build_env", build_env)
    trial = build_trial(MazeSuite(), engine, num_envs, torch.device(device), 0)
    assert isinstance(trial, SideBySide) == by_turns
    assert asked == ([2, 2] if by_turns else [num_envs])
    assert trial.env.num_envs == num_envs


def test_a_half_that_cannot_start_leaves_nothing_running(monkeypatch):
    closed = []

    class Closing(LeverEnv):
        def close(self):
            closed.append(self)

    def build_env(*_):
        if len(built):
            raise OSError("no more engines")
        built.append(Closing(2))
        return built[0], LeverSampler()

    built: list[Closing] = []
    monkeypatch.setattr(build, "build_env", build_env)
    with pytest.raises(OSError, match="no more"):
        build_trial(MazeSuite(), EngineSettings(), 4, torch.device("cuda"), 0)
    assert closed == built


@pytest.mark.slow
def test_engines_in_two_halves_train():
    suite = MazeSuite(tasks=MazeTasks(num_mazes=10))
    halves = []
    for _ in range(2):
        env, mazes = build.build_env(suite, EngineSettings(1), 2, torch.device("cpu"), 0)
        halves.append(Trial(env, mazes, 2))
    trial = SideBySide(halves)
    try:
        agent, watcher = RL2Agent(trial.env.spaces, SMALL), Watcher()
        training = Training(agent, watcher, trial, 6, seed=0)
        for _ in range(2):
            metrics = training.iterate()
        assert training.steps == 48
        assert metrics["steps_per_s"] > 0
        assert watcher.rollouts[1].timesteps.obs.shape == (6, 4, 30, 40, 3)
        assert watcher.rollouts[1].timesteps.obs.float().std() > 1
        state = training.state_dict()
        assert not Training(agent, watcher, trial, 6, seed=0).load_state_dict(state, 48)
    finally:
        trial.env.close()
