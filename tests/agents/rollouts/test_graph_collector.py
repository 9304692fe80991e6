"""Replayed rollouts are the rollouts that `collect` would have made."""

import pytest
import torch
from support.host_waits import TABULAR, TOLD, build

from rl2_mazes.agents.rollouts import graph_collector
from rl2_mazes.agents.rollouts.graph_collector import Collector
from rl2_mazes.agents.rollouts.rollout import collect, to_device

KINDS = ["bandits", "mdps", "grid", "walk"]


def rollouts(kind, device, told, run):
    """Three rollouts, one after another."""
    settings = (TABULAR if kind in ("bandits", "mdps") else TOLD) if told else None
    torch.manual_seed(0)
    trial, agent = build(kind, device, settings)
    rng = torch.Generator(agent.device).manual_seed(0)
    carry = agent.initial_carry(trial.env.num_envs)
    timestep = to_device(trial.reset(0), agent.device)
    collector, seen = Collector(agent, trial, 7, rng), []
    if run == "as on a GPU":
        collector._can_replay = True
    for _ in range(3):
        if run == "collect":
            rollout, carry, timestep = collect(agent, trial, carry, timestep, 7, rng)
        else:
            rollout, carry, timestep = collector(carry, timestep)
        seen.append([field.clone() for field in (*rollout.timesteps, *rollout[1:])])
    return seen


def check(kind, device, told, run):
    for ours, theirs in zip(
        rollouts(kind, device, told, run), rollouts(kind, device, told, "collect"), strict=True
    ):
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("told", [False, True], ids=["plain", "told"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_recorded_step_makes_the_same_rollouts(kind, told, monkeypatch):
    """On a CPU: what would be recorded is run again and again."""
    monkeypatch.setattr(graph_collector, "record", lambda work, generators: work)
    monkeypatch.setattr(
        "rl2_mazes.agents.rollouts.rollout.SeenImages", lambda encode: None
    )  # nor there
    check(kind, "cpu", told, "as on a GPU")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("told", [False, True], ids=["plain", "told"])
@pytest.mark.parametrize("kind", KINDS)
def test_replays_on_a_gpu(kind, told):
    check(kind, "cuda", told, "replay")
