"""Two processes train like one with both halves of the batch."""

import json
import os
import socket
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from omegaconf import OmegaConf
from support.programs import run, steps_logged
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import PER_ENV, Rollout, collect
from rl2_mazes.agents.runtime.distributed import (
    World,
    data_parallel,
    global_mean,
    join_world,
    mean_metrics,
)
from rl2_mazes.agents.train import check, compose
from rl2_mazes.agents.training.episode_statistics import EpisodeStatistics
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import LEARNERS
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import TimeStep
from rl2_mazes.mdps.suite import MDPSuite

NUM_ENVS = 8
SMALL = RL2Settings(dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=8))
PREDICTING = replace(SMALL, privileged_critic=True, aux="privileged")
CASES = {name: (kind, SMALL) for name, kind in LEARNERS.all().items()}
CASES |= {"aux": (PPOSettings, PREDICTING)}


def make_trial(network):
    if network is PREDICTING:  # a suite with privileged features
        return MDPSuite(num_states=3, num_actions=2, horizon=2, num_episodes=2).make_trial(NUM_ENVS)
    return Trial(LeverEnv(NUM_ENVS), LeverSampler(), episodes_per_trial=2)


def make_agent(network):
    torch.manual_seed(0)
    return RL2Agent(make_trial(network).env.spaces, network)


def two_rollouts(network):
    """Two consecutive rollouts of the untrained agent."""
    trial = make_trial(network)
    agent, rng = make_agent(network), torch.Generator().manual_seed(0)
    carry, timestep = agent.initial_carry(NUM_ENVS), trial.reset(0)
    for _ in range(2):
        rollout, carry, timestep = collect(agent, trial, carry, timestep, 7, rng)
        yield rollout


def part(rollout, envs):
    """The rollout of some of its environments."""
    fields = rollout._asdict()
    timesteps = TimeStep(*(field[:, envs] for field in fields.pop("timesteps")))
    ends = {name: fields.pop(name)[envs] for name in PER_ENV}
    return Rollout(timesteps, **{k: v[:, envs] for k, v in fields.items()}, **ends)


def learn(case, envs):
    """Weights and statistics after two updates from these environments."""
    kind, network = CASES[case]
    settings, agent = whole_batch(kind), make_agent(network)
    learner = settings.build(agent, seed=0)
    statistics = EpisodeStatistics(len(envs), 2, torch.device("cpu"))
    metrics = {}
    for rollout in two_rollouts(network):
        own = part(rollout, envs)
        metrics = mean_metrics(learner.update(own)) | statistics.update(own)
    return {name: x.clone() for name, x in agent.state_dict().items()}, metrics


def one_of_two(rank, folder):
    """Learn from half of the batch, then train and resume with the program, each in a world."""
    port, failing, *others = (folder / "ports").read_text().split()
    os.environ |= {
        "RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_RANK": str(rank),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    torch.set_num_threads(1)
    half = torch.arange(NUM_ENVS // 2) + rank * NUM_ENVS // 2
    with join_world("cpu") as world:
        assert world.rank == rank
        assert global_mean(torch.tensor(float(rank))) == 0.5
        results = {case: learn(case, half) for case in CASES}
        inside = threads()
    learnt = threads()
    torch.save(results, folder / f"rank_{rank}.pt")
    os.environ["MASTER_PORT"] = failing
    with pytest.raises(ArithmeticError) as kept, join_world("cpu"):
        learn_and_fail(half)
    failed = threads()
    assert kept.tb is not None
    for port, steps in zip(others, (320, 640), strict=True):
        os.environ["MASTER_PORT"] = port
        done = run(folder, "rl2_mazes.agents.train", *TINY, f"total_steps={steps}")
        (folder / f"rank_{rank}_{steps}.txt").write_text(done.stderr)
    found = inside, learnt, failed, threads()
    (folder / f"rank_{rank}_threads.json").write_text(json.dumps(found))


def learn_and_fail(envs):
    """An error of a network that was wrapped, in a process that keeps the traceback."""
    try:
        fail(data_parallel(make_agent(SMALL)))
    except ZeroDivisionError as error:
        raise ArithmeticError(envs) from error


def fail(agent):
    raise ZeroDivisionError


def threads() -> list[str]:
    """Names of this process's threads."""
    names = []
    for path in Path("/proc/self/task").glob("*/comm"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            names.append(path.read_text().strip())
    return names


def whole_batch(kind):
    """Settings with all environments in every step, and without amplified rounding errors."""
    wanted = {"num_minibatches": 1, "damping": 0.1}
    return kind(**{k: v for k, v in wanted.items() if k in kind.__dataclass_fields__})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of two processes, which do all that these tests need: they are slow to start."""
    folder = tmp_path_factory.mktemp("ranks")
    with ExitStack() as stack:
        free = [stack.enter_context(socket.socket()) for _ in range(4)]
        for each in free:
            each.bind(("127.0.0.1", 0))
        (folder / "ports").write_text(" ".join(str(each.getsockname()[1]) for each in free))
    mp.spawn(one_of_two, (folder,), nprocs=2)  # type: ignore[attr-defined]
    return folder


@pytest.fixture(scope="module")
def both_ranks(folder):
    return [torch.load(folder / f"rank_{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_processes_equal_one_with_both_halves(both_ranks, case):
    weights, metrics = learn(case, torch.arange(NUM_ENVS))
    before = make_agent(CASES[case][1]).state_dict()
    assert any(not torch.equal(weights[name], before[name]) for name in weights)
    for rank in both_ranks:
        torch.testing.assert_close(rank[case][0], weights, atol=1e-5, rtol=1e-5)
        assert rank[case][1] == pytest.approx(metrics, abs=1e-4, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_no_thread_of_the_group_is_left(folder, rank):
    """They could abort the process as it ends."""
    inside, *after = json.loads((folder / f"rank_{rank}_threads.json").read_text())
    assert any("gloo" in name for name in inside)
    assert len(after) == 3
    assert not any("gloo" in name for names in after for name in names)


TINY = (
    "suite=bandits/k5_n10",
    "agent.dense_size=8",
    "agent.memory.hidden_size=8",
    "num_envs=8",
    "num_steps=20",
    "learner.num_minibatches=2",
    "learner.epochs=1",
    "tensorboard=false",
    "run_dir=run",
)


@pytest.mark.slow
def test_a_training_in_two_processes_logs_once_and_resumes(folder):
    """`tests/test_install.py` starts one with torchrun."""
    again = "".join((folder / f"rank_{rank}_640.txt").read_text() for rank in (0, 1))
    assert again.count("resuming from 320 steps in run\n") == 1  # without new trials
    assert steps_logged(folder / "run") == [160, 320, 480, 640]
    assert len(list((folder / "run" / "checkpoints").glob("step_*"))) == 2


def test_environments_that_cannot_be_divided_are_refused():
    settings = OmegaConf.to_object(compose(*TINY, "num_envs=6"))
    message = "num_envs is 6; it must be a multiple of learner.num_minibatches, 2 times"
    with pytest.raises(UserError, match=message):
        check(settings, World(rank=0, size=2))
    assert check(replace(settings, num_envs=8), World(rank=0, size=2)) == (4, 20)
