"""Shortest path of a maze as poses, to draw on a map beside an agent's path."""

import numpy as np

from ...mazes.dynamics.collision import ANGLE, ONE, STATE_SIZE, X, Y, block_origin
from ...mazes.dynamics.physics import CIRCLE, place_player, walk_step
from ...mazes.geometry import world_pose
from ...mazes.maze import STEP, Maze, Pose
from ...mazes.planning.shortest_paths import grid_steps
from ...mazes.planning.walk_search import shortest_walks


def shortest_path(maze: Maze, movement: str, episode: int = 0) -> np.ndarray:
    """Poses on the shortest path to the target.

    The length is that of `mazes.planning.shortest_paths.shortest_lengths`.

    Args:
        maze: The maze.
        movement: See `mazes.rules`.
        episode: Episode of the trial, which decides start and target.

    Returns:
        [length + 1, 3]: x, y [map units] and angle [degrees]. The last pose is in the target's cell
        (grid movement) or touches the target (walk movement).
    """
    if movement == "grid":
        return _grid_path(grid_steps(maze, episode), maze.start(episode))
    (actions,) = shortest_walks([maze], episode)
    state = np.zeros(STATE_SIZE, np.int64)
    place_player(state, *maze.start(episode))
    walls, target = maze.walls.astype(np.uint8), np.array(maze.target(episode))
    origin = np.array(block_origin(maze.walls))
    states = [state.copy()]
    for action in actions.tolist():
        walk_step(walls, target, origin, state, action)
        states.append(state.copy())
    path = np.array(states, dtype=np.float64)
    return np.column_stack((path[:, X] / ONE, path[:, Y] / ONE, path[:, ANGLE] * (360 / CIRCLE)))


def _grid_path(steps: np.ndarray, at: Pose) -> np.ndarray:
    """Descent on a table of steps; of equal actions forward comes first, then left."""
    path = [at]
    while steps[at] > 0:
        (d_row, d_col), heading = STEP[at.heading], at.heading
        ahead = Pose(at.row + d_row, at.col + d_col, heading)
        turned = [Pose(at.row, at.col, (heading + turn) % 4) for turn in (1, 3)]
        at = next(near for near in (ahead, *turned) if steps[near] == steps[at] - 1)
        path.append(at)
    return np.array([world_pose(pose) for pose in path])
