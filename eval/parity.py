"""Main program: how alike are the twin and the engine?

Both play the same mazes with the same actions, in lockstep, and every step is compared: where the
player stands, what it earned, whether the episode ended, and each pixel of the observation. Three
kinds of players take turns from maze to maze: one acts at random, one runs along walls and into
corners, one walks the shortest way to the target. When either simulator ends an episode, both begin
the next one; otherwise nothing is ever re-synchronised, so one difference stays visible for long.

    rl2 parity --mazes 204 --steps 250 --picture parity.png

The last line printed is one JSON object: position_ok and heading_ok are shares of steps (within 1
map unit, within 0.1 degrees), reward_ok and ending_ok shares of episodes (the same throughout), mae
is the mean absolute difference of observations (of 255), pixels_ok the share of pixels within 8.
"""

import argparse
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ..core.types import BatchedEnv
from ..mazes.generators import CARVERS
from ..mazes.maze import STEP, Maze
from ..mazes.planning.shortest_paths import cell_distances
from ..mazes.rules import CELL_SIZE, FORWARD, MOVEMENTS, TURN_LEFT, TURN_RIGHT, MazeRules
from ..mazes.tasks import MazeSet, MazeTasks
from ..mazes.textures import TEXTURE_SETS
from ..mazes.twin.twin import TwinEnv, TwinSettings

POSITION_TOLERANCE = 1.0  # map units
HEADING_TOLERANCE = 0.1  # degrees
PIXEL_TOLERANCE = 8  # of 255, in every channel
ENGINES_PER_CORE = 8
SIZES = (3, 5)  # rooms a side: the paper's small and large mazes
LOOPS = (0.0, 0.3)
VIEWS = 5  # that the picture shows

Pose = np.ndarray  # [3]: x, y [map units], angle [degrees]


@dataclass
class Players:
    """Chooses actions from poses: one player for each copy, of the three kinds in turn."""

    mazes: list[Maze]
    rng: np.random.Generator

    def __post_init__(self):
        self._distances = [cell_distances(maze) for maze in self.mazes]
        self._held = np.zeros((len(self.mazes), 2), np.int64)  # action, for how many more steps
        self._before = np.full((len(self.mazes), 3), np.nan)

    def act(self, poses: np.ndarray) -> np.ndarray:
        """Actions [B] int64 at `poses` [B, 3]."""
        kinds = (self._random, self._along_walls, self._shortest)
        actions = [kinds[copy % len(kinds)](copy, poses[copy]) for copy in range(len(poses))]
        self._before = poses
        return np.array(actions, np.int64)

    def _hold(self, copy: int, action: int, steps: int) -> int:
        self._held[copy] = action, steps - 1
        return action

    def _random(self, copy: int, pose: Pose) -> int:
        return int(self.rng.integers(3))

    def _along_walls(self, copy: int, pose: Pose) -> int:
        """Runs; where a wall stops it, goes on pushing for a while or turns away."""
        if self._held[copy, 1] > 0:
            self._held[copy, 1] -= 1
            return int(self._held[copy, 0])
        stopped = np.abs(pose - self._before[copy])[:2].max() < 1
        if stopped and self.rng.random() < 0.7:
            turn = int(self.rng.choice([TURN_LEFT, TURN_RIGHT]))
            return self._hold(copy, turn, int(self.rng.integers(1, 9)))
        return self._hold(copy, FORWARD, int(self.rng.integers(1, 5)))

    def _shortest(self, copy: int, pose: Pose) -> int:
        """Heads for the middle of the next cell on the shortest way."""
        distances = self._distances[copy]
        row, col = math.floor(-pose[1] / CELL_SIZE), math.floor(pose[0] / CELL_SIZE)
        nearer = [
            (row + d_row, col + d_col)
            for d_row, d_col in STEP
            if 0 <= distances[row + d_row, col + d_col] < distances[row, col]
        ]
        if not nearer:
            return FORWARD
        next_row, next_col = nearer[0]
        ahead_x = (next_col + 0.5) * CELL_SIZE - pose[0]
        ahead_y = -(next_row + 0.5) * CELL_SIZE - pose[1]
        turn = _degrees(math.degrees(math.atan2(ahead_y, ahead_x)) - pose[2])
        if abs(turn) < 12:
            return FORWARD
        return TURN_LEFT if turn > 0 else TURN_RIGHT


class Tally(NamedTuple):
    """What was counted over T steps of B copies."""

    position: np.ndarray  # [T, B] distance, map units
    heading: np.ndarray  # [T, B] difference, degrees
    reward: list[bool]  # for each episode, whether all rewards were identical
    ending: list[bool]  # for each episode, whether it ended alike
    difference: np.ndarray  # [B] mean absolute difference of observations
    pixels: np.ndarray  # [B] share of pixels within the tolerance
    paths: np.ndarray  # [2, T, B, 3] poses in the engine and in the twin


def compare(
    engine: BatchedEnv, twin: BatchedEnv, mazes: list[Maze], steps: int, seed: int
) -> Tally:
    """Plays `steps` steps of each of B mazes in both; copy b plays maze b of both sets.

    Args:
        engine: The reference, with `poses`.
        twin: What is compared with it.
        mazes: B mazes, the ones that tasks 0 .. B - 1 name.
        steps: For each maze, over as many episodes as it takes.
        seed: Of the players.
    """
    players = Players(mazes, np.random.default_rng(seed))
    both = (engine, twin)
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    for env in both:
        env.set_task(torch.arange(len(mazes)), everyone)
        env.reset(everyone)
    same_reward, same_ending = np.ones((2, len(mazes)), bool)
    episodes: list[tuple[bool, bool]] = []
    position, heading, difference, pixels, paths = [], [], [], [], []
    for step in range(steps):
        action = torch.from_numpy(players.act(_poses(engine)))
        results = [env.step(action) for env in both]
        poses = np.stack([_poses(env) for env in both])
        paths.append(poses)
        position.append(np.hypot(*(poses[0] - poses[1])[:, :2].T))
        heading.append(np.abs(_degrees(poses[0, :, 2] - poses[1, :, 2])))
        apart = np.abs(results[0].obs.numpy().astype(np.int16) - results[1].obs.numpy())
        difference.append(apart.mean(axis=(1, 2, 3)))
        pixels.append((apart.max(axis=3) <= PIXEL_TOLERANCE).mean(axis=(1, 2)))

        same_reward &= torch.isclose(results[0].reward, results[1].reward, atol=1e-6).numpy()
        for ends in zip(*((r.terminated, r.truncated) for r in results), strict=True):
            same_ending &= (ends[0] == ends[1]).numpy()
        done = torch.stack([r.terminated | r.truncated for r in results]).any(dim=0)
        over = done.numpy() | (step == steps - 1)
        episodes += list(zip(same_reward[over], same_ending[over], strict=True))
        same_reward |= over
        same_ending |= over
        if done.any():
            for env in both:
                env.reset(done)
    reward, ending = zip(*episodes, strict=True)
    return Tally(
        position=np.array(position),
        heading=np.array(heading),
        reward=list(reward),
        ending=list(ending),
        difference=np.mean(difference, axis=0),
        pixels=np.mean(pixels, axis=0),
        paths=np.stack(paths, axis=1),
    )


def draw_mazes(count: int, seed: int) -> list[Maze]:
    """At least `count` mazes: every generator, size and texture set, with and without loops."""
    kinds = [
        (generator, rooms, loops) for generator in CARVERS for rooms in SIZES for loops in LOOPS
    ]
    sets = [
        MazeSet.draw(
            MazeTasks(
                rooms=rooms,
                generator=generator,
                loops=loops,
                num_starts=2,
                num_mazes=math.ceil(count / len(kinds)),
                seed=seed,
                texture_sets=list(range(len(TEXTURE_SETS))),
            )
        )
        for generator, rooms, loops in kinds
    ]
    return [maze for group in zip(*sets, strict=True) for maze in group]


def shares(tallies: list[Tally]) -> dict[str, float]:
    """The figures that the last line shows, over all steps and episodes of all tallies."""

    def share(values: list) -> float:
        return round(float(np.mean(np.concatenate([np.ravel(value) for value in values]))), 6)

    return {
        "position_ok": share([tally.position <= POSITION_TOLERANCE for tally in tallies]),
        "heading_ok": share([tally.heading <= HEADING_TOLERANCE for tally in tallies]),
        "reward_ok": share([tally.reward for tally in tallies]),
        "ending_ok": share([tally.ending for tally in tallies]),
        "mae": share([tally.difference for tally in tallies]),
        "pixels_ok": share([tally.pixels for tally in tallies]),
    }


def draw_picture(maze: Maze, rules: MazeRules, steps: int, seed: int, settings: TwinSettings):
    """Views of engine and twin side by side with their difference, and both paths on the map.

    Returns:
        A picture, [height, width, 3] uint8 RGB: rows of engine, twin, difference (its brightness
        times four), with the map of each simulator's path to the right.
    """
    from ..mazes.doom.pool import DoomPool
    from ..mazes.topdown import render_map

    mazes = MazeSet([maze] * len(("random", "along walls", "shortest")))
    rules = MazeRules(**{**vars(rules), "obs_height": 120, "obs_width": 160})
    views: list[np.ndarray] = []
    with DoomPool(mazes, rules, len(mazes)) as engine:
        twin = TwinEnv(mazes, rules, len(mazes), settings)
        for part in range(VIEWS):  # the same play again, each time stopped a little later
            length = max(1, steps * (part + 1) // VIEWS)
            tally = compare(engine, twin, list(mazes), length, seed)
            seen = [env.reset(torch.zeros(len(mazes), dtype=torch.bool)) for env in (engine, twin)]
            one, other = (obs[1].numpy().copy() for obs in seen)
            apart = np.abs(one.astype(np.int16) - other) * 4
            views.append(np.concatenate([one, other, apart.clip(0, 255).astype(np.uint8)], axis=1))
    column = np.concatenate(views)
    maps = [render_map(maze, path[:, 1], size=len(column) // 2) for path in tally.paths]
    return np.concatenate([column, np.concatenate(maps)], axis=1)


def main() -> None:
    """Compares, prints, draws."""
    parser = argparse.ArgumentParser(description="How alike are twin and engine?")
    parser.add_argument("--mazes", type=int, default=204, help="for each movement")
    parser.add_argument("--steps", type=int, default=250, help="in each maze")
    parser.add_argument("--movement", choices=MOVEMENTS, nargs="+", default=list(MOVEMENTS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernel", default="auto", help="of the twin, see TwinSettings")
    parser.add_argument("--picture", type=Path, default=Path("parity.png"))
    options = parser.parse_args()
    from PIL import Image

    from ..mazes.doom.pool import DoomPool

    mazes = draw_mazes(options.mazes, options.seed)
    settings = TwinSettings(device="cpu", kernel=options.kernel)
    batch = ENGINES_PER_CORE * len(os.sched_getaffinity(0))
    tallies: list[Tally] = []
    worst = (-1.0, mazes[0], MazeRules())
    for movement in options.movement:
        rules = MazeRules(movement=movement)
        mine = []
        for first in range(0, len(mazes), batch):
            part = mazes[first : first + batch]
            with DoomPool(MazeSet(part), rules, len(part)) as engine:
                twin = TwinEnv(MazeSet(part), rules, len(part), settings)
                tally = compare(engine, twin, part, options.steps, options.seed + first)
            mine.append(tally)
            index = int(tally.difference.argmax())
            worst = max(worst, (tally.difference[index], part[index], rules), key=lambda x: x[0])
        print(movement, json.dumps(shares(mine)), "episodes", sum(len(t.reward) for t in mine))
        print(f"{movement} largest distance {max(t.position.max() for t in mine):.6f} map units")
        tallies += mine
    picture = draw_picture(worst[1], worst[2], options.steps, options.seed, settings)
    Image.fromarray(picture).save(options.picture)
    print(f"views and paths of the maze that differs most: {options.picture}")
    steps = sum(tally.position.size for tally in tallies)
    print(json.dumps({**shares(tallies), "mazes": len(mazes), "steps": steps}))


def _poses(env) -> np.ndarray:
    return env.poses.cpu().numpy().astype(np.float64)


def _degrees(angle):
    """The same angle within -180 .. 180."""
    return (angle + 180) % 360 - 180


if __name__ == "__main__":
    main()
