"""Step-by-step comparison of two simulators under the same actions.

When either simulator ends an episode, both begin the next one. Nothing else is ever synchronised
again, so that one difference stays visible for long.
"""

from typing import NamedTuple

import numpy as np
import torch

from ...core.types import BatchedEnv
from ...mazes.maze import Maze
from .players import Players, signed_degrees

POSITION_TOLERANCE = 1.0  # map units
HEADING_TOLERANCE = 0.1  # degrees
PIXEL_TOLERANCE = 8  # of 255, in every channel


class Tally(NamedTuple):
    """Differences over T steps of B mazes."""

    position: np.ndarray  # [T, B] distance in map units
    heading: np.ndarray  # [T, B] difference in degrees
    reward: list[bool]  # for each episode, whether all rewards are equal
    ending: list[bool]  # for each episode, whether it ends alike
    difference: np.ndarray  # [B] mean absolute difference of observations
    pixels: np.ndarray  # [B] share of pixels within the tolerance
    paths: np.ndarray  # [2, T, B, 3] poses in the engine and in the twin


def compare(
    engine: BatchedEnv, twin: BatchedEnv, mazes: list[Maze], steps: int, seed: int
) -> Tally:
    """Play `steps` steps of each of B mazes in both simulators; environment b plays maze b.

    Args:
        engine: Reference simulator, with `poses`.
        twin: Simulator to compare with it.
        mazes: B mazes, those of tasks 0 .. B - 1.
        steps: Steps per maze, over as many episodes as they take.
        seed: Seed of the players.
    """
    players = Players(mazes, np.random.default_rng(seed))
    both = (engine, twin)
    everyone = torch.ones(len(mazes), dtype=torch.bool)
    for env in both:
        env.set_task(torch.arange(len(mazes)), everyone)
        env.reset(everyone)
    same_reward, same_ending = np.ones((2, len(mazes)), bool)
    episode = np.zeros(len(mazes), np.int64)
    episodes: list[tuple[bool, bool]] = []
    position, heading, difference, pixels, paths = [], [], [], [], []
    for step in range(steps):
        action = torch.from_numpy(players.act(_poses(engine), episode))
        results = [env.step(action) for env in both]
        poses = np.stack([_poses(env) for env in both])
        paths.append(poses)
        position.append(np.hypot(*(poses[0] - poses[1])[:, :2].T))
        heading.append(np.abs(signed_degrees(poses[0, :, 2] - poses[1, :, 2])))
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
            episode += done.numpy()
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


def shares(tallies: list[Tally]) -> dict[str, float]:
    """Figures over all steps and episodes of all tallies; see `eval.parity`."""

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


def _poses(env) -> np.ndarray:
    return env.poses.cpu().numpy().astype(np.float64)
