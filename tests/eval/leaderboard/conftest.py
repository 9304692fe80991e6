"""A submission of an agent from outside that takes random actions: 100 trials of two episodes."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rl2_mazes.agents.zoo.cards import sha256
from rl2_mazes.eval.api import make_suite
from rl2_mazes.eval.leaderboard.submit import draft
from rl2_mazes.eval.trials.trials import run_trials
from rl2_mazes.mazes.twin.twin import TwinSettings

FACTS = """
agent: Dice
authors: A. Author
link: https://example.org/dice
training: {seed: 3, steps: 0, hours: 0.5, hardware: "A machine, 2 cores", rooms: [3],
           splits: [train], labels: false, critic: false, reward: false, map: false,
           warm_start: false}
"""
OUTSIDER = SimpleNamespace(card=None, weights=None)


class Dice:
    def __init__(self, num_actions):
        self.num_actions = num_actions

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(self, carry, timestep, rng):
        return torch.randint(self.num_actions, carry.shape, generator=rng), carry, None


@pytest.fixture(scope="session")
def submitted(tmp_path_factory):
    """Folder of two submissions, grid.json and bandits.json."""
    folder = tmp_path_factory.mktemp("leaderboard")
    for name, suite_name in (("grid", "mazes/grid_small"), ("bandits", "bandits/k5_n10")):
        facts = folder / f"{name}.yaml"
        facts.write_text(f"{FACTS}name: {name}\n")
        suite = make_suite(suite_name, num_tasks=100)
        entry = draft(OUTSIDER, suite, 100, seed=0, engine="twin", file=str(facts))
        agent, engine = Dice(suite.spaces.num_actions), TwinSettings(device="cpu")
        entry.write(run_trials(agent, suite, 100, 0, engine, num_envs=100), folder)
    return folder


@pytest.fixture
def changed(submitted, tmp_path):
    """Write a submission with some claims and arrays changed, and return its file."""

    def write(name="grid", claims=None, arrays=None, sealed=True):
        found = json.loads((submitted / f"{name}.json").read_text())
        if claims is not None:
            claims(found)
        record = tmp_path / f"{name}.npz"
        with np.load(submitted / f"{name}.npz") as file:
            recorded = dict(file)
        if arrays is not None:
            arrays(recorded)
            np.savez_compressed(record, **recorded)
        else:
            record.write_bytes((submitted / f"{name}.npz").read_bytes())
        if sealed:  # by whoever changed it
            found["record"] = sha256(record)
        file = record.with_suffix(".json")
        file.write_text(json.dumps(found))
        return file

    return write
