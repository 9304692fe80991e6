"""Shortest paths, computed from the map alone, outside every simulator."""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from ..maze import STEP, Maze, Pose
from .walk_search import shortest_walks

UNREACHABLE = -1


def cell_distances(maze: Maze, goal: tuple[int, int] | None = None) -> np.ndarray:
    """Length of the shortest path from each cell to the goal, in cells.

    Args:
        maze: The maze.
        goal: (row, column); the first episode's target if not given.

    Returns:
        [height, width] int64; 0 at the goal, `UNREACHABLE` in walls and cut-off cells.
    """
    goal = maze.target(0) if goal is None else goal
    distances = np.full(maze.walls.shape, UNREACHABLE, dtype=np.int64)
    distances[goal] = 0
    queue = deque([goal])
    while queue:
        row, col = queue.popleft()
        for d_row, d_col in STEP:
            near = row + d_row, col + d_col
            if not maze.walls[near] and distances[near] == UNREACHABLE:
                distances[near] = distances[row, col] + 1
                queue.append(near)
    return distances


def grid_steps(maze: Maze, episode: int = 0) -> np.ndarray:
    """Fewest steps of grid movement (one cell forward or a quarter turn) to an episode's target.

    Returns:
        [height, width, 4] int64, by cell and heading, with the step into the target's cell.
    """
    return steps_to([maze.target(episode)], ~maze.walls)


def steps_to(goals: Iterable[tuple[int, int]], passable: np.ndarray) -> np.ndarray:
    """Fewest steps of grid movement to the nearest of some cells.

    Args:
        goals: (row, column) of each; a path ends at the first that it reaches.
        passable: [height, width] bool, cells that a path may lead through; the border is not.

    Returns:
        [height, width, 4] int64, by cell and heading; 0 at goals, `UNREACHABLE` where none can be
        reached.
    """
    goals = set(goals)
    steps = np.full((*passable.shape, 4), UNREACHABLE, dtype=np.int64)
    queue = deque((*goal, heading) for goal in sorted(goals) for heading in range(4))
    for goal in goals:
        steps[goal] = 0
    while queue:
        row, col, heading = queue.popleft()
        back = STEP[heading]
        came_from = [(row - back[0], col - back[1], heading)]
        came_from += [(row, col, (heading + turn) % 4) for turn in (1, 3)]
        for state in came_from:
            if passable[state[:2]] and steps[state] == UNREACHABLE:
                steps[state] = steps[row, col, heading] + 1
                queue.append(state)
    return steps


def shortest_cells(maze: Maze, episode: int = 0) -> int:
    """Cells on the shortest path from an episode's start to the target."""
    return int(cell_distances(maze, maze.target(episode))[maze.start(episode).cell])


def shortest_grid_steps(maze: Maze, episode: int = 0) -> int:
    """Grid steps of the shortest path from an episode's start to the target."""
    start: Pose = maze.start(episode)
    return int(grid_steps(maze, episode)[start.row, start.col, start.heading])


def shortest_lengths(mazes: Sequence[Maze], movement: str, episodes: int) -> np.ndarray:
    """Steps of the shortest path in each episode of a trial.

    On the grid the path is the shortest; in walk movement it is the quickest walk that the search
    of `mazes.planning.walk_search` finds.

    Args:
        mazes: N of them, one a trial.
        movement: See `mazes.rules`.
        episodes: K.

    Returns:
        [N, K] int64.
    """
    periods = np.array([maze.period for maze in mazes])
    known = range(min(episodes, periods.max()))
    if movement == "grid":
        of_episode = [[shortest_grid_steps(maze, k) for maze in mazes] for k in known]
    else:
        of_episode = [[len(walk) for walk in shortest_walks(mazes, k)] for k in known]
    lengths = np.array(of_episode).T
    return np.take_along_axis(lengths, np.arange(episodes) % periods[:, None], axis=1)
