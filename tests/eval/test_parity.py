"""Twin and engine in lockstep on a few mazes; `rl2 parity` compares many."""

import json

import numpy as np
import pytest
import torch
from support.programs import run

from rl2_mazes.eval import parity
from rl2_mazes.eval.lockstep.comparison import compare, shares
from rl2_mazes.eval.lockstep.players import Players
from rl2_mazes.eval.parity import draw_mazes
from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

STEPS = 40
CPU = TwinSettings(device="cpu")


@pytest.mark.parametrize("movement", ["walk", "grid"])
def test_the_twin_is_the_engine(movement):
    mazes = MazeSet(draw_mazes(12, seed=5, num_targets=2))
    rules = MazeRules(movement=movement, horizon=30)
    with DoomPool(mazes, rules, len(mazes)) as engine:
        tally = compare(engine, TwinEnv(mazes, rules, len(mazes), CPU), list(mazes), STEPS, 0)
    figures = shares([tally])
    assert figures["position_ok"] == figures["heading_ok"] == figures["ending_ok"] == 1
    assert tally.position.max() < 1e-3
    assert figures["mae"] <= 0.5
    assert figures["pixels_ok"] >= 0.99
    assert len(tally.reward) >= len(mazes)


SLIDE = (
    "#########",
    "#.......#",
    "#.###.###",
    "#...#...#",
    "#######.#",
    "#...#...#",
    "#.###.#.#",
    "#.....#.#",
    "#########",
)
INTO_THE_CORNER = "02222200222211111111102020002112222222222222221100111222220000000002"


def test_the_known_difference_in_a_corner_is_small():
    """Docs/sharp-bits.md says how small. At step 58 the player slides into a south-west corner."""
    walls = np.array([[cell == "#" for cell in row] for row in SLIDE])
    mazes = MazeSet([Maze(walls, (Pose(5, 1, 3),), ((5, 5),), texture_set=1)])
    rules, one = MazeRules(movement="walk", horizon=250), torch.ones(1, dtype=torch.bool)
    off = []
    with DoomPool(mazes, rules, 1) as engine:
        envs = engine, TwinEnv(mazes, rules, 1, CPU)
        for env in envs:
            env.set_task(torch.zeros(1, dtype=torch.int64), one)
            env.reset(one)
        for action in INTO_THE_CORNER:
            ours, theirs = (env.step(torch.tensor([int(action)])) for env in envs)
            assert torch.equal(ours.reward, theirs.reward)
            off.append(float((envs[0].poses - envs[1].poses).abs().max()))
    assert off[:58] == [0] * 58
    assert max(off) < 1e-3


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


def test_the_third_kind_of_player_takes_the_shortest_path():
    mazes = draw_mazes(12, seed=1)
    rules = MazeRules(movement="walk", horizon=250)
    env = TwinEnv(MazeSet(mazes), rules, len(mazes), CPU)
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    env.set_task(torch.arange(len(mazes)), everyone)
    env.reset(everyone)
    players = Players(mazes, np.random.default_rng(0))
    reached = torch.zeros(len(mazes), dtype=torch.bool)
    for _ in range(rules.horizon):
        reached |= env.step(
            torch.from_numpy(players.act(env.poses.numpy(), np.zeros(len(mazes), np.int64)))
        ).terminated
    assert reached[2::3].all()


def test_the_program_ends_with_its_figures(tmp_path, monkeypatch):
    for name, value in (("VIEWS", 1), ("SIZES", (3,)), ("LOOPS", (0.0,))):
        monkeypatch.setattr(parity, name, value)  # fewer engines
    keys = ("num_mazes=1", "num_steps=3", "movements=[grid]", "picture=parity.png")
    done = run(tmp_path, "rl2_mazes.eval.parity", *keys)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["position_ok"] == 1
    assert figures["steps"] == 3 * figures["mazes"]
    assert (tmp_path / "parity.png").stat().st_size > 1000
    for key, message in (
        ("num_steps=0", "num_steps is 0; it must be at least 1"),
        ("movements=[fly]", "movements is ['fly']; it must name some of"),
        ("mazes=3", "there is no key mazes; did you mean num_mazes?"),
    ):
        failed = run(tmp_path, "rl2_mazes.eval.parity", key, expect=2)
        assert failed.stderr.startswith(f"error: {message}")
