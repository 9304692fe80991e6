"""What a critic may be told of a maze in training, and an agent may not: where it is, and the way.

See `core.types.Privileged`. It is worked out from poses, so that both simulators can tell it. An
agent with an auxiliary task has to foretell it (`agents.networks.config`).
"""

import numpy as np
import torch
from torch import Tensor

from ...core.shapes import Float, Int64
from ..maze import STEP, Maze, Pose
from ..rules import CELL_SIZE
from ..tasks import MazeSet
from .shortest_paths import cell_distances

NUM_PRIVILEGED = 13
DISTANCE_UNIT = 10.0  # cells, along ways
OFFSET_UNIT = 3.0  # cells, as the crow flies


class WayTeller:
    """Tells of every copy how far the target is, and where the shortest way leads.

    Args:
        mazes: What tasks are indices into.
        horizon: Steps after which an episode is cut.
        device: Where the answers are wanted.
    """

    def __init__(self, mazes: MazeSet, horizon: int, device: torch.device):
        self._horizon = horizon
        height, width = np.max([maze.walls.shape for maze in mazes], axis=0)
        most_starts = max(len(maze.starts) for maze in mazes)
        distance = np.zeros((len(mazes), height, width), np.float32)
        heading = np.zeros((len(mazes), height, width), np.float32)
        start_distance = np.zeros((len(mazes), most_starts), np.float32)
        start_pose = np.zeros((len(mazes), most_starts, 3), np.float32)
        for index, maze in enumerate(mazes):
            cells = cell_distances(maze)
            rows, cols = cells.shape
            distance[index, :rows, :cols] = cells
            heading[index, :rows, :cols] = way_headings(maze, cells)
            start_distance[index] = [cells[maze.start(k).cell] for k in range(most_starts)]
            start_pose[index] = [_middle_of(maze.start(k)) for k in range(most_starts)]
        self._distance = torch.from_numpy(distance / DISTANCE_UNIT).to(device)
        self._heading = torch.from_numpy(heading).to(device)
        self._start_distance = torch.from_numpy(start_distance / DISTANCE_UNIT).to(device)
        self._start = torch.from_numpy(start_pose).to(device)
        targets = [(maze.target[1] + 0.5, -maze.target[0] - 0.5) for maze in mazes]
        self._target = torch.tensor(targets, device=device)
        self._num_starts = torch.tensor([len(maze.starts) for maze in mazes], device=device)

    def __call__(
        self,
        task: Int64[Tensor, " batch"],
        next_episode: Int64[Tensor, " batch"],
        poses: Float[Tensor, "batch pose"],
        steps: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch told"]:
        """What there is to tell.

        Args:
            task: Index of each copy's maze.
            next_episode: Number of the episode that follows the present one.
            poses: x, y [map units], angle [degrees].
            steps: Taken in this episode.

        Returns:
            `NUM_PRIVILEGED` numbers a copy: cells from here to the target, and from the next
            episode's start, in tens; how far the player is from the middle of its cell, in cells,
            along the way and to its left; cosine and sine of where it looks, seen from the way;
            the share of the horizon that is over; where the player is, seen from its start, and
            cosine and sine of how far it has turned since; and where the target is, seen from the
            player. Seen from a pose: so far ahead and so far to the left, in `OFFSET_UNIT`s.
        """
        x, y = poses[:, 0] / CELL_SIZE, -poses[:, 1] / CELL_SIZE  # in cells: column, row
        col = x.floor().long().clamp(0, self._distance.shape[2] - 1)
        row = y.floor().long().clamp(0, self._distance.shape[1] - 1)
        way = self._heading[task, row, col] * (torch.pi / 2)
        cos, sin = way.cos(), way.sin()
        east, north = x - col - 0.5, row + 0.5 - y
        looks = poses[:, 2] * (torch.pi / 180) - way
        start = next_episode % self._num_starts[task]
        told = (
            self._distance[task, row, col],
            self._start_distance[task, start],
            east * cos + north * sin,
            north * cos - east * sin,
            looks.cos(),
            looks.sin(),
            steps / self._horizon,
            *self._places(task, next_episode - 1, poses),
        )
        return torch.stack(told, -1)

    def _places(self, task: Tensor, episode: Tensor, poses: Tensor) -> tuple[Tensor, ...]:
        """Where the player is seen from the start, and the target from the player: six numbers."""
        start = self._start[task, episode % self._num_starts[task]]
        x, y = (poses[:, :2] / CELL_SIZE).unbind(-1)
        angle, began = poses[:, 2] * (torch.pi / 180), start[:, 2]
        from_start = _seen_along(x - start[:, 0], y - start[:, 1], began)
        to_target = _seen_along(self._target[task, 0] - x, self._target[task, 1] - y, angle)
        turned = angle - began
        return (*from_start, turned.cos(), turned.sin(), *to_target)


def _middle_of(start: Pose) -> tuple[float, float, float]:
    """x, y [cells], angle [radians]."""
    return start.col + 0.5, -start.row - 0.5, start.heading * (np.pi / 2)


def _seen_along(east: Tensor, north: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Cells east and north as so far ahead and to the left of who looks along an angle [radians].

    In `OFFSET_UNIT`s.
    """
    cos, sin = angle.cos() / OFFSET_UNIT, angle.sin() / OFFSET_UNIT
    return east * cos + north * sin, north * cos - east * sin


def way_headings(maze: Maze, distances: np.ndarray) -> np.ndarray:
    """Where the shortest way leads from each cell.

    Args:
        maze: The maze.
        distances: [height, width], from `mazes.planning.shortest_paths.cell_distances`.

    Returns:
        [height, width] int64, headings; east at the target, in walls and in cells that are cut off.
    """
    headings = np.zeros(distances.shape, np.int64)
    inner = (slice(1, -1), slice(1, -1))  # the border is all wall
    for heading, (down, right) in enumerate(STEP):
        near = np.roll(distances, (-down, -right), axis=(0, 1))
        closer = (near >= 0) & (near == distances - 1)
        headings[inner][closer[inner]] = heading
    return headings
