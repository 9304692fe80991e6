"""Quantities that a memory may hold, at every step of some trials in mazes.

An agent is not shown where in the maze it starts. Quantities are therefore relative to the start of
the episode: x to the east and y to the north, in cells. All starts face east. `place` alone is
absolute, so that it takes knowledge of the maze.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...mazes.geometry import cell_centre, cells_of, world_pose
from ...mazes.maze import Maze, Pose
from ...mazes.rules import CELL_SIZE
from ..datasets.shards import distances_left
from ..trials.runner import TrialLog


class Label(NamedTuple):
    """A quantity.

    Attributes:
        title: For tables.
        unit: Of its error: cells, degrees, or % for the share that is right.
        meaning: In words.
        error: Error of each step, [S], from true and predicted values [S, D]. Where the unit is %,
            the share that is right.
    """

    title: str
    unit: str
    meaning: str
    error: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _distance(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.linalg.norm(true - found, axis=1)


def _angle(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    turned = np.arctan2(found[:, 1], found[:, 0]) - np.arctan2(true[:, 1], true[:, 0])
    return np.degrees(np.abs((turned + np.pi) % (2 * np.pi) - np.pi))


def _share_right(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    return ((found > 0.5) == (true > 0.5)).mean(1)


FROM_START = "from the start of the episode"
LABELS = {
    "position": Label("position", "cells", f"the player's x and y, {FROM_START}", error=_distance),
    "heading": Label("heading", "degrees", "cosine and sine of the player's angle", error=_angle),
    "place": Label(
        "place in the maze", "cells", "the player's x and y, from the maze's corner", _distance
    ),
    "target": Label("target", "cells", f"x and y of the target, {FROM_START}", error=_distance),
    "distance": Label(
        "distance left", "cells", "length of the shortest path to the target", error=_distance
    ),
    "walls": Label(
        "walls",
        "%",
        "cells around the start that are open, in the maze or not; pillars left out",
        error=_share_right,
    ),
    "visited": Label(
        "been here", "%", "whether this cell was visited earlier in the trial", error=_share_right
    ),
}


@dataclass(frozen=True, eq=False)
class Labels:
    """Values of all labels at S steps, side by side.

    Attributes:
        values: [S, D] float32.
        columns: Columns of each label in `values`, by name.
        window: [D_walls, 2] int64, row and column, relative to the start, of the cell that each
            column of `walls` is about.
    """

    values: np.ndarray
    columns: dict[str, slice]
    window: np.ndarray


def labels_of(log: TrialLog, mazes: Sequence[Maze]) -> Labels:
    """Compute all labels.

    Args:
        log: N trials, with poses.
        mazes: N mazes of one size.
    """
    assert log.poses is not None
    num_trials, episodes = log.length.shape
    of_episode = np.repeat(np.arange(num_trials * episodes), log.length.ravel())  # [S]
    starts = [[maze.start(k) for k in range(episodes)] for maze in mazes]
    targets = [[cell_centre(maze.target(k)) for k in range(episodes)] for maze in mazes]
    start = np.array([[world_pose(pose)[:2] for pose in row] for row in starts])
    start = start.reshape(-1, 2)[of_episode]
    target = np.array(targets).reshape(-1, 2)[of_episode]
    here = log.poses[:, :2]
    angle = np.radians(log.poses[:, 2])
    window = window_of(mazes[0])
    values = {
        "position": (here - start) / CELL_SIZE,
        "heading": np.stack((np.cos(angle), np.sin(angle)), 1),
        "place": here / CELL_SIZE,
        "target": (target - start) / CELL_SIZE,
        "distance": distances_left(log, mazes)[:, None],
        "walls": _walls(mazes, starts, window)[of_episode],
        "visited": visited(log)[:, None],
    }
    ends = np.cumsum([value.shape[1] for value in values.values()])
    columns = {
        name: slice(int(end) - value.shape[1], int(end))
        for (name, value), end in zip(values.items(), ends, strict=True)
    }
    return Labels(
        np.concatenate(list(values.values()), 1).astype(np.float32),
        columns,
        window,
    )


def window_of(maze: Maze) -> np.ndarray:
    """Rows and columns, relative to any start, of the cells that `walls` is about, [D, 2].

    Rooms have even offsets from each other. Cells with two odd offsets are pillars, always solid.
    """
    reach = max(maze.walls.shape) - 2
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    known = (rows % 2 == 0) | (cols % 2 == 0)
    known &= (rows != 0) | (cols != 0)  # the start is open
    return np.stack((rows[known], cols[known]), 1)


def _walls(
    mazes: Sequence[Maze], starts: Sequence[Sequence[Pose]], window: np.ndarray
) -> np.ndarray:
    """Whether cells around the start are open, by trial and episode, [N K, D] bool."""
    found = []
    for maze, of_trial in zip(mazes, starts, strict=True):
        last = np.array(maze.walls.shape) - 1  # the border, which stands for all beyond it
        for pose in of_trial:
            rows, cols = (window + pose.cell).clip(0, last).T
            found.append(~maze.walls[rows, cols])
    return np.array(found)


def visited(log: TrialLog) -> np.ndarray:
    """Whether the player has been in its cell before its present stay in it, [S] bool.

    An episode begins a new stay; visits of earlier episodes of the trial count.
    """
    assert log.poses is not None
    cells = cells_of(log.poses)
    been = np.zeros(len(cells), bool)
    num_trials, episodes = log.length.shape
    for trial in range(num_trials):
        seen: set[tuple[int, int]] = set()
        for k in range(episodes):
            last, known = None, False
            steps = log.steps(trial, k)
            for step, (row, col) in enumerate(cells[steps].tolist(), steps.start):
                if (row, col) != last:
                    last, known = (row, col), (row, col) in seen
                    seen.add(last)
                been[step] = known
    return been
