"""Main program: parity of twin and engine.

    rl2 parity
    rl2 parity num_mazes=12 num_steps=40 movements=[walk] picture=/tmp/parity.png

Plays the same mazes with the same actions in both simulators, in lockstep, and compares every step:
pose, reward, end of the episode, and each pixel of the observation. Players of three kinds take
turns from maze to maze: one acts at random, one runs along walls and into corners, one takes the
shortest path. Draws the maze that differs most and ends with one line of JSON:

    position_ok, heading_ok   share of steps within 1 map unit and within 0.1 degrees
    reward_ok, ending_ok      share of episodes with the same rewards and the same end
    mae                       mean absolute difference of observations, of 255
    pixels_ok                 share of pixels within 8 of 255 in every channel
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("parity")

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from ..core import cli
from ..core.errors import UserError
from ..core.validation import count, seed
from ..mazes.generators import GENERATORS
from ..mazes.maze import Maze
from ..mazes.rules import MOVEMENTS, MazeRules
from ..mazes.tasks import MazeSet, MazeTasks
from ..mazes.textures import TEXTURE_SETS
from ..mazes.twin.twin import TwinEnv, TwinSettings
from .lockstep.comparison import Tally, compare, shares
from .lockstep.players import KINDS

ENGINES_PER_CORE = 8
SIZES = (3, 5)  # rooms per side: the paper's small and large mazes
LOOPS = (0.0, 0.3)
VIEWS = 5  # of each simulator in the picture


@dataclass
class ParityConfig:
    """Keys of rl2 parity.

    Attributes:
        num_mazes: Mazes per movement, of all generators, sizes and texture sets.
        num_steps: Steps in each maze.
        movements: Movements to compare: walk, grid.
        num_targets: Targets of a maze; K gives each of the episodes 1 .. K its own.
        seed: Seed of mazes and players.
        kernel: Kernel of the twin, see `mazes.twin.twin.TwinSettings`.
        picture: PNG file to write.
    """

    num_mazes: int = count(204)
    num_steps: int = count(250)
    movements: list[str] = field(default_factory=lambda: list(MOVEMENTS))
    num_targets: int = count(1)
    seed: int = seed(0)
    kernel: str = "auto"
    picture: str = "parity.png"

    def __post_init__(self):
        if not self.movements or not set(self.movements) <= set(MOVEMENTS):
            raise UserError(
                f"movements is {self.movements}; it must name some of {list(MOVEMENTS)}"
            )


def main() -> None:
    """Entry point of `rl2 parity`."""
    cli.run("parity", ParityConfig, run)


def run(settings: ParityConfig) -> None:
    """Compare, print, draw."""
    from PIL import Image

    twin = TwinSettings(device="cpu", kernel=settings.kernel)
    mazes = draw_mazes(settings.num_mazes, settings.seed, settings.num_targets)
    tallies: list[Tally] = []
    worst = (-1.0, mazes[0], MazeRules())
    for movement in settings.movements:
        rules = MazeRules(movement=movement)
        found = []
        for part, tally in compare_all(mazes, rules, settings.num_steps, settings.seed, twin):
            found.append(tally)
            index = int(tally.difference.argmax())
            worst = max(worst, (tally.difference[index], part[index], rules), key=lambda x: x[0])
        print(movement, json.dumps(shares(found)), "episodes", sum(len(t.reward) for t in found))
        print(f"{movement} largest distance {max(t.position.max() for t in found):.6f} map units")
        tallies += found
    picture = draw_picture(worst[1], worst[2], settings.num_steps, settings.seed, twin)
    Image.fromarray(picture).save(settings.picture)
    print(f"views and paths of the maze that differs most: {Path(settings.picture)}")
    steps = sum(tally.position.size for tally in tallies)
    print(json.dumps({**shares(tallies), "mazes": len(mazes), "steps": steps}))


def compare_all(mazes: list[Maze], rules: MazeRules, steps: int, seed: int, twin: TwinSettings):
    """Yield groups of mazes and their tallies, as many mazes at a time as engines can run."""
    from ..mazes.doom.pool import DoomPool

    batch = ENGINES_PER_CORE * len(os.sched_getaffinity(0))
    for first in range(0, len(mazes), batch):
        part = mazes[first : first + batch]
        with DoomPool(MazeSet(part), rules, len(part)) as engine:
            env = TwinEnv(MazeSet(part), rules, len(part), twin)
            yield part, compare(engine, env, part, steps, seed + first)


def draw_mazes(count: int, seed: int, num_targets: int = 1) -> list[Maze]:
    """Draw `count` mazes or more: every generator, size and texture set, with and without loops."""
    kinds = [
        (generator, rooms, loops) for generator in GENERATORS for rooms in SIZES for loops in LOOPS
    ]
    sets = [
        MazeSet.draw(
            MazeTasks(
                rooms=rooms,
                generator=generator,
                loops=loops,
                num_starts=2,
                num_targets=num_targets,
                num_mazes=math.ceil(count / len(kinds)),
                seed=seed,
                texture_sets=list(range(len(TEXTURE_SETS))),
            )
        )
        for generator, rooms, loops in kinds
    ]
    return [maze for group in zip(*sets, strict=True) for maze in group]


def draw_picture(
    maze: Maze, rules: MazeRules, steps: int, seed: int, settings: TwinSettings
) -> np.ndarray:
    """Draw views of engine and twin beside their difference, and both paths on the map.

    Returns:
        [height, width, 3] uint8 RGB: rows of engine, twin, difference (four times as bright), with
        the map of each simulator's path to the right.
    """
    from ..mazes.doom.pool import DoomPool
    from ..mazes.topdown import render_map

    mazes = MazeSet([maze] * len(KINDS))
    rules = MazeRules(**{**vars(rules), "obs_height": 120, "obs_width": 160})
    views: list[np.ndarray] = []
    with DoomPool(mazes, rules, len(mazes)) as engine:
        twin = TwinEnv(mazes, rules, len(mazes), settings)
        for part in range(VIEWS):  # the same play again, stopped a little later each time
            length = max(1, steps * (part + 1) // VIEWS)
            tally = compare(engine, twin, list(mazes), length, seed)
            seen = [env.reset(torch.zeros(len(mazes), dtype=torch.bool)) for env in (engine, twin)]
            one, other = (obs[1].numpy().copy() for obs in seen)
            apart = np.abs(one.astype(np.int16) - other) * 4
            views.append(np.concatenate([one, other, apart.clip(0, 255).astype(np.uint8)], axis=1))
    column = np.concatenate(views)
    maps = [render_map(maze, path[:, 1], size=len(column) // 2) for path in tally.paths]
    return np.concatenate([column, np.concatenate(maps)], axis=1)
