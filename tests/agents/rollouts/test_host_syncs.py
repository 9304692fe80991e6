"""Collecting a rollout never waits for the GPU: one wait per step would dominate its time.

Without a GPU, every operation of a rollout is checked for being one that would make the host wait:
one that reads a value, or whose result's size depends on values.
"""

import pytest
import torch
from support.host_waits import PRIVILEGED, TABULAR, NoWaiting, WouldWaitError, build

from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.rollouts.rollout import collect, to_device
from rl2_mazes.core import trial as trials


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


def test_the_guard_raises():
    mask = torch.tensor([True, False])
    for waits in (lambda: bool(mask.any()), mask.nonzero, lambda: mask[mask], mask.sum().item):
        with pytest.raises(WouldWaitError), NoWaiting():
            waits()
    with pytest.raises(WouldWaitError):
        roll(*build("bandits", "cpu"), NoWaiting())  # on a CPU a trial reads whether any ended


class SyncErrors:
    """Torch's own guard, which raises at the first wait."""

    def __enter__(self):
        torch.cuda.set_sync_debug_mode("error")

    def __exit__(self, *exception):
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("privileged", [False, True], ids=["plain", "privileged"])
@pytest.mark.parametrize("kind", ["bandits", "mdps", "grid", "walk"])
def test_nothing_waits_on_a_gpu(kind, privileged):
    settings = TABULAR if kind in ("bandits", "mdps") else PRIVILEGED
    roll(*build(kind, "cuda", settings if privileged else None), SyncErrors())
