"""The oracle's way as poses, to be drawn on a map beside an agent's."""

import numpy as np

from ...mazes.dynamics.collision import ANGLE, ONE, STATE_SIZE, X, Y, block_origin
from ...mazes.dynamics.physics import CIRCLE, place_player, walk_step
from ...mazes.maze import STEP, Maze, Pose
from ...mazes.planning.shortest_paths import grid_steps
from ...mazes.planning.walk_search import shortest_walks
from ...mazes.rules import CELL_SIZE


def shortest_way(maze: Maze, movement: str, episode: int = 0) -> np.ndarray:
    """Poses on the shortest way to the target; as long as `mazes.planning.shortest_paths.shortest_lengths` says.

    Args:
        maze: The maze.
        movement: See `mazes.rules`.
        episode: Of the trial, whose start counts.

    Returns:
        [length + 1, 3]: x, y [map units] and angle [degrees]. On the grid the last is in the
        target's cell; walking, where the player touches the target.
    """
    if movement == "grid":
        return _on_the_grid(maze, maze.start(episode))
    (actions,) = shortest_walks([maze], episode)
    state = np.zeros(STATE_SIZE, np.int64)
    place_player(state, *maze.start(episode))
    walls, target = maze.walls.astype(np.uint8), np.array(maze.target)
    origin = np.array(block_origin(maze.walls))
    states = [state.copy()]
    for action in actions.tolist():
        walk_step(walls, target, origin, state, action)
        states.append(state.copy())
    way = np.array(states, dtype=np.float64)
    return np.column_stack((way[:, X] / ONE, way[:, Y] / ONE, way[:, ANGLE] * (360 / CIRCLE)))


def _on_the_grid(maze: Maze, at: Pose) -> np.ndarray:
    """Downhill on the table of steps; of equal ways, forward first, then left."""
    steps = grid_steps(maze)
    way = [at]
    while steps[at] > 0:
        (d_row, d_col), heading = STEP[at.heading], at.heading
        ahead = Pose(at.row + d_row, at.col + d_col, heading)
        turned = [Pose(at.row, at.col, (heading + turn) % 4) for turn in (1, 3)]
        at = next(near for near in (ahead, *turned) if steps[near] == steps[at] - 1)
        way.append(at)
    cells = np.array(way, dtype=np.float64)
    x, y = (cells[:, 1] + 0.5) * CELL_SIZE, -(cells[:, 0] + 0.5) * CELL_SIZE
    return np.column_stack((x, y, cells[:, 2] * 90))
