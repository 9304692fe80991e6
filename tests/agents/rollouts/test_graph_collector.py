"""Rollouts of the captured step equal those of `collect`."""

import pytest
import torch
from support.host_waits import PRIVILEGED, TABULAR, build

from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.rollouts import graph_collector
from rl2_mazes.agents.rollouts.graph_collector import GraphCollector
from rl2_mazes.agents.rollouts.rollout import collect, to_device

KINDS = ["bandits", "mdps", "grid", "walk"]
SETTINGS = pytest.mark.parametrize("privileged", [False, True], ids=["plain", "privileged"])


def rollouts(kind, device, privileged, captured):
    """Three rollouts in sequence."""
    tabular = kind in ("bandits", "mdps")
    settings = (TABULAR if tabular else PRIVILEGED) if privileged else None
    torch.manual_seed(0)
    trial, agent = build(kind, device, settings)
    rng = torch.Generator(agent.device).manual_seed(0)
    carry = agent.initial_carry(trial.env.num_envs)
    timestep = to_device(trial.reset(0), agent.device)
    collector, found = GraphCollector(agent, trial, 7, rng), []
    for _ in range(3):
        if captured:
            rollout, carry, timestep = collector(carry, timestep)
        else:
            rollout, carry, timestep = collect(agent, trial, carry, timestep, 7, rng)
        fields = rollout._asdict()
        fields |= fields.pop("timesteps")._asdict()
        found.append({name: field.clone() for name, field in fields.items()})
    return found


def check(kind, device, privileged):
    ours, theirs = (rollouts(kind, device, privileged, captured) for captured in (True, False))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5, equal_nan=True)


@SETTINGS
@pytest.mark.parametrize("kind", KINDS)
def test_the_captured_step_makes_the_same_rollouts(kind, privileged, monkeypatch):
    """On a CPU, running the work stands in for launching its graph."""
    monkeypatch.setattr(graph_collector, "capture", lambda work, generators: work)
    # A GPU has no frame cache, and neither has the captured step.
    monkeypatch.setattr(RL2Agent, "make_cache", lambda agent: None)
    check(kind, "cpu", privileged)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@SETTINGS
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_make_the_same_rollouts_on_a_gpu(kind, privileged):
    check(kind, "cuda", privileged)
