"""The twin against the engine, on a few mazes; `rl2 parity` does many."""

import numpy as np
import pytest
import torch

from rl2_mazes.eval.parity import Players, compare, draw_mazes, shares
from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

STEPS = 40
CPU = TwinSettings(device="cpu")


@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_the_twin_is_the_engine(movement):
    mazes = MazeSet(draw_mazes(12, seed=5))
    rules = MazeRules(movement=movement, horizon=30)
    with DoomPool(mazes, rules, len(mazes)) as engine:
        tally = compare(engine, TwinEnv(mazes, rules, len(mazes), CPU), list(mazes), STEPS, 0)
    figures = shares([tally])
    assert figures["position_ok"] == figures["heading_ok"] == figures["ending_ok"] == 1
    assert tally.position.max() < 1e-3
    assert figures["mae"] <= 0.5
    assert figures["pixels_ok"] >= 0.99
    assert len(tally.reward) >= len(mazes)


def test_a_difference_is_noticed():
    mazes = MazeSet(draw_mazes(12, seed=5))
    rules = [
        MazeRules(movement="grid", horizon=h, step_penalty=p) for h, p in ((9, 0.0), (8, -0.1))
    ]
    envs = [TwinEnv(mazes, rule, len(mazes), CPU) for rule in rules]
    figures = shares([compare(envs[0], envs[1], list(mazes), STEPS, 0)])
    assert figures["position_ok"] == 1
    assert figures["reward_ok"] == 0
    assert figures["ending_ok"] < 0.5


def test_the_shortest_way_is_walked():
    mazes = draw_mazes(12, seed=1)
    rules = MazeRules(movement="walk", horizon=250)
    env = TwinEnv(MazeSet(mazes), rules, len(mazes), CPU)
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    env.set_task(torch.arange(len(mazes)), everyone)
    env.reset(everyone)
    players = Players(mazes, np.random.default_rng(0))
    reached = torch.zeros(len(mazes), dtype=torch.bool)
    for _ in range(rules.horizon):
        reached |= env.step(torch.from_numpy(players.act(env.poses.numpy()))).terminated
    assert reached[2::3].all()
