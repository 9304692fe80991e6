"""Privileged features of a maze: the pose of the agent, the target and the shortest path.

They are given to the critic in training and never to the policy (see `core.types.Privileged`); an
auxiliary loss has the memory predict them (`agents.networks.config`). They are computed from poses,
so that both simulators provide them.
"""

import numpy as np
import torch
from torch import Tensor

from ...core.shapes import Float, Int64
from ..geometry import cell_centre
from ..maze import STEP, Maze, Pose
from ..padding import stack_padded
from ..rules import CELL_SIZE
from ..tasks import MazeSet
from .shortest_paths import cell_distances

NUM_PRIVILEGED = 13
DISTANCE_UNIT = 10.0  # cells, along paths
OFFSET_UNIT = 3.0  # cells, as the crow flies


class PrivilegedFeatures:
    """Privileged features of a batch of environments.

    Args:
        mazes: Mazes that tasks index.
        horizon: Steps after which an episode is truncated.
        device: Device of the features.
    """

    def __init__(self, mazes: MazeSet, horizon: int, device: torch.device):
        self._horizon = horizon
        num_starts = [len(maze.starts) for maze in mazes]
        num_targets = [len(maze.targets) for maze in mazes]
        starts = [[maze.start(k) for k in range(max(num_starts))] for maze in mazes]
        targets = [[maze.target(k) for k in range(max(num_targets))] for maze in mazes]
        distances = [
            [cell_distances(maze, target) for target in row]
            for maze, row in zip(mazes, targets, strict=True)
        ]
        headings = [
            [path_headings(maze, cells) for cells in row]
            for maze, row in zip(mazes, distances, strict=True)
        ]

        def upload(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values.astype(np.float32)).to(device)

        def stacked(grids: list[list[np.ndarray]]) -> np.ndarray:
            return stack_padded([np.stack(row) for row in grids], fill=0)

        self._distance = upload(stacked(distances) / DISTANCE_UNIT)  # [N, targets, height, width]
        self._heading = upload(stacked(headings))  # the same
        self._start = upload(np.array([[_pose_in_cells(start) for start in row] for row in starts]))
        self._start_cell = torch.tensor(
            [[start.cell for start in row] for row in starts], device=device
        )
        self._target = upload(
            np.array([[_centre_in_cells(target) for target in row] for row in targets])
        )
        self._num_starts = torch.tensor(num_starts, device=device)
        self._num_targets = torch.tensor(num_targets, device=device)

    def __call__(
        self,
        task: Int64[Tensor, " batch"],
        next_episode: Int64[Tensor, " batch"],
        poses: Float[Tensor, "batch pose"],
        steps: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch features"]:
        """The features now.

        Args:
            task: Index of each environment's maze.
            next_episode: Number of the episode that follows the present one.
            poses: x, y [map units], angle [degrees].
            steps: Steps taken in this episode.

        Returns:
            `NUM_PRIVILEGED` numbers per environment:
            0-1    cells on the shortest path from here, and from the next episode's start to its
                   target, in tens
            2-3    offset of the player from the centre of its cell, along the path and to its left,
                   in cells
            4-5    cosine and sine of the player's angle relative to the path
            6      share of the horizon that is over
            7-8    position of the player relative to its start pose (ahead, left), in
                   `OFFSET_UNIT`s
            9-10   cosine and sine of the angle turned since the start
            11-12  position of the target relative to the player's pose (ahead, left), in
                   `OFFSET_UNIT`s
        """
        x, y = poses[:, 0] / CELL_SIZE, -poses[:, 1] / CELL_SIZE  # in cells: column, row
        col = x.floor().long().clamp(0, self._distance.shape[3] - 1)
        row = y.floor().long().clamp(0, self._distance.shape[2] - 1)
        target = (next_episode - 1) % self._num_targets[task]
        path = self._heading[task, target, row, col] * (torch.pi / 2)
        cos, sin = path.cos(), path.sin()
        east, north = x - col - 0.5, row + 0.5 - y
        off_path = poses[:, 2] * (torch.pi / 180) - path
        next_target = next_episode % self._num_targets[task]
        next_start = self._start_cell[task, next_episode % self._num_starts[task]]
        features = (
            self._distance[task, target, row, col],
            self._distance[task, next_target, next_start[:, 0], next_start[:, 1]],
            east * cos + north * sin,
            north * cos - east * sin,
            off_path.cos(),
            off_path.sin(),
            steps / self._horizon,
            *self._relative_positions(task, next_episode - 1, poses),
        )
        return torch.stack(features, -1)

    def _relative_positions(
        self, task: Tensor, episode: Tensor, poses: Tensor
    ) -> tuple[Tensor, ...]:
        """The player relative to its start and the target relative to the player: six numbers."""
        start = self._start[task, episode % self._num_starts[task]]
        target = self._target[task, episode % self._num_targets[task]]
        x, y = (poses[:, :2] / CELL_SIZE).unbind(-1)
        angle, start_angle = poses[:, 2] * (torch.pi / 180), start[:, 2]
        from_start = _in_frame(x - start[:, 0], y - start[:, 1], start_angle)
        to_target = _in_frame(target[:, 0] - x, target[:, 1] - y, angle)
        turned = angle - start_angle
        return (*from_start, turned.cos(), turned.sin(), *to_target)


def _centre_in_cells(cell: tuple[int, int]) -> tuple[float, float]:
    """Centre of a cell: x, y [cells]."""
    x, y = cell_centre(cell)
    return x / CELL_SIZE, y / CELL_SIZE


def _pose_in_cells(pose: Pose) -> tuple[float, float, float]:
    """x, y [cells] and angle [radians]."""
    return *_centre_in_cells(pose.cell), pose.heading * (np.pi / 2)


def _in_frame(east: Tensor, north: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """An offset in the frame of an angle [radians]: ahead and left, in `OFFSET_UNIT`s."""
    cos, sin = angle.cos() / OFFSET_UNIT, angle.sin() / OFFSET_UNIT
    return east * cos + north * sin, north * cos - east * sin


def path_headings(maze: Maze, distances: np.ndarray) -> np.ndarray:
    """Heading of the shortest path in each cell.

    Args:
        maze: The maze.
        distances: [height, width], from `mazes.planning.shortest_paths.cell_distances`.

    Returns:
        [height, width] int64; east at the target, in walls and in cells that are cut off.
    """
    headings = np.zeros(distances.shape, np.int64)
    inner = (slice(1, -1), slice(1, -1))  # the border is all wall
    for heading, (down, right) in enumerate(STEP):
        near = np.roll(distances, (-down, -right), axis=(0, 1))
        closer = (near >= 0) & (near == distances - 1)
        headings[inner][closer[inner]] = heading
    return headings
