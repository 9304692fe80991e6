"""Collecting a rollout never waits for the device: on a GPU, one such wait a step would rule it.

Where there is no GPU, every operation of a rollout is looked at for one that would make a GPU's
host wait: reading a value, or sizing a result by values.
"""

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import bandits.env
import mdps.env
from agents.rl2 import RL2Agent, RL2Settings
from agents.rollout import collect, to_device
from bandits.tasks import BanditSuite
from mdps.tasks import MDPSuite
from trials import trial as trials

aten = torch.ops.aten
WAITING = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten.is_nonzero}
INDEXING = {aten.index, aten.index_put, aten.index_put_}


class WouldWaitError(Exception):
    """An operation whose host waits for a GPU."""


class NoWaiting(TorchDispatchMode):
    """Raises at operations that would wait."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        packet = func.overloadpacket
        by_mask = packet in INDEXING and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        if packet in WAITING or by_mask:
            raise WouldWaitError(str(func))
        return func(*args, **(kwargs or {}))


TOLD = RL2Settings(hidden_size=8, dense_size=8, privileged_critic=True, memory_norm=True)
TABULAR = replace(TOLD, hidden_size=60, dense_size=0, feedback_size=0, bind=True, state_heads=True)


def build(kind: str, device: str, settings: RL2Settings | None = None):
    """A trial of the suite, and an agent for it."""
    if kind == "bandits":
        trial = bandits.env.make_trial(BanditSuite(num_arms=3, num_pulls=4), 8, device)
    elif kind == "mdps":
        suite = MDPSuite(num_states=6, num_episodes=2, horizon=3)
        trial = mdps.env.make_trial(suite, 8, device)
    else:
        from mazes.rules import MazeRules
        from mazes.tasks import MazeSet, MazeTasks
        from mazes.twin.twin import TwinEnv

        mazes = MazeSet.draw(MazeTasks(num_mazes=20))
        trial = trials.Trial(TwinEnv(mazes, MazeRules(movement=kind, horizon=5), 8), mazes, 2)
    settings = settings or RL2Settings(hidden_size=8, dense_size=8)
    return trial, RL2Agent(trial.env.spaces, settings).to(device)


def roll(trial: trials.Trial, agent: RL2Agent, guard, num_steps: int = 20) -> None:
    rng = torch.Generator(agent.device).manual_seed(0)
    carry = agent.initial_carry(trial.env.num_envs)
    timestep = to_device(trial.reset(0), agent.device)
    _, carry, timestep = collect(agent, trial, carry, timestep, num_steps, rng)  # warms up
    with guard:
        collect(agent, trial, carry, timestep, num_steps, rng)


@pytest.mark.parametrize("settings", [None, TABULAR], ids=["plain", "tabular"])
@pytest.mark.parametrize("kind", ["bandits", "mdps"])
def test_no_operation_would_wait(kind, settings, monkeypatch):
    monkeypatch.setattr(trials, "_may_hold", lambda mask: True)  # as on a GPU
    roll(*build(kind, "cpu", settings), NoWaiting())


def test_the_guard_notices():
    mask = torch.tensor([True, False])
    for waits in (lambda: bool(mask.any()), mask.nonzero, lambda: mask[mask], mask.sum().item):
        with pytest.raises(WouldWaitError), NoWaiting():
            waits()
    with pytest.raises(WouldWaitError):
        roll(*build("bandits", "cpu"), NoWaiting())  # on the CPU a trial asks whether any ended


class SyncErrors:
    """Torch's own guard: an error at the first wait."""

    def __enter__(self):
        torch.cuda.set_sync_debug_mode("error")

    def __exit__(self, *exception):
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("told", [False, True], ids=["plain", "told"])
@pytest.mark.parametrize("kind", ["bandits", "mdps", "grid", "walk"])
def test_nothing_waits_on_a_gpu(kind, told):
    settings = TABULAR if kind in ("bandits", "mdps") else TOLD
    roll(*build(kind, "cuda", settings if told else None), SyncErrors())
