"""Scripted players that exercise a simulator: random actions, walls and corners, shortest paths."""

import math
from dataclasses import dataclass

import numpy as np

from ...mazes.geometry import cell_centre, cell_of
from ...mazes.maze import STEP, Maze
from ...mazes.planning.shortest_paths import cell_distances
from ...mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT

KINDS = ("random", "along walls", "shortest path")

Pose = np.ndarray  # [3]: x, y in map units, angle in degrees


@dataclass
class Players:
    """Choose actions from poses: one player per maze, of the three kinds in turn.

    Attributes:
        mazes: B mazes, one per environment.
        rng: Generator of the random choices.
    """

    mazes: list[Maze]
    rng: np.random.Generator

    def __post_init__(self):
        self._distances = [
            [cell_distances(maze, target) for target in maze.targets] for maze in self.mazes
        ]
        self._held = np.zeros((len(self.mazes), 2), np.int64)  # action, number of steps left
        self._before = np.full((len(self.mazes), 3), np.nan)

    def act(self, poses: np.ndarray, episode: np.ndarray) -> np.ndarray:
        """Actions [B] int64 at `poses` [B, 3], in episodes [B] int64 of the players' trials."""
        self._episode = episode
        kinds = (self._random, self._along_walls, self._shortest_path)
        actions = [kinds[index % len(kinds)](index, poses[index]) for index in range(len(poses))]
        self._before = poses
        return np.array(actions, np.int64)

    def _hold(self, index: int, action: int, steps: int) -> int:
        self._held[index] = action, steps - 1
        return action

    def _random(self, index: int, pose: Pose) -> int:
        return int(self.rng.integers(3))

    def _along_walls(self, index: int, pose: Pose) -> int:
        """Run forward; at a wall, push on for a while or turn away."""
        if self._held[index, 1] > 0:
            self._held[index, 1] -= 1
            return int(self._held[index, 0])
        stopped = np.abs(pose - self._before[index])[:2].max() < 1
        if stopped and self.rng.random() < 0.7:
            turn = int(self.rng.choice([TURN_LEFT, TURN_RIGHT]))
            return self._hold(index, turn, int(self.rng.integers(1, 9)))
        return self._hold(index, FORWARD, int(self.rng.integers(1, 5)))

    def _shortest_path(self, index: int, pose: Pose) -> int:
        """Head for the middle of the next cell on the shortest path."""
        of_targets = self._distances[index]
        distances = of_targets[self._episode[index] % len(of_targets)]
        row, col = cell_of(pose)
        nearer = [
            (row + d_row, col + d_col)
            for d_row, d_col in STEP
            if 0 <= distances[row + d_row, col + d_col] < distances[row, col]
        ]
        if not nearer:
            return FORWARD
        next_x, next_y = cell_centre(nearer[0])
        ahead = math.atan2(next_y - pose[1], next_x - pose[0])
        turn = signed_degrees(math.degrees(ahead) - pose[2])
        if abs(turn) < 12:
            return FORWARD
        return TURN_LEFT if turn > 0 else TURN_RIGHT


def signed_degrees(angle):
    """The same angle in [-180, 180); a number or an array."""
    return (angle + 180) % 360 - 180
