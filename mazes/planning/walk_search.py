"""The quickest way to walk to the target, found by searching through Doom's own dynamics.

In *grid* movement a map says how many steps a way takes. In *walk* momentum decides: how wide a
bend is taken, when a turn begins. So the shortest way is searched for, action by action, in the
engine's own arithmetic (`mazes.dynamics.physics`): a beam search keeps the `WIDTH` most promising of the
players that can be reached in t steps, until one of them touches the target. What it returns is a
sequence of actions that was carried out and gets there. A quicker one may exist: a beam thirty
times as wide found lengths that were 1.2 % shorter on average in 300 mazes of 3x3 rooms, 1.4 %
shorter in 100 of 5x5.

A player promises much if little way is left from where it would roll out, and from a point ahead
of it. The way left is measured on a lattice of points that a player's box can stand on. Like
`mazes.dynamics.physics`, the functions are plain Python that numba compiles as it stands.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from ...core.errors import UserError
from ..dynamics.collision import (
    ANGLE,
    CELL,
    ONE,
    STATE_SIZE,
    VX,
    VY,
    X,
    Y,
    block_origin,
    cuts_wall,
    target_gap,
)
from ..dynamics.physics import CIRCLE, stand, walk_step
from ..maze import Maze

WIDTH = 100  # players kept at each step
PITCH = 12 * ONE  # of the lattice, fixed
POINTS = CELL // PITCH  # lattice points along a cell's side
FAR = 1e9  # map units: no way left from here
ROLL_TICS = 4  # a player's velocity carries it about this many tics' way, in the search's eyes
AHEAD = 72.0  # map units to the point ahead
LIKE_POSITION, LIKE_SPEED, LIKE_ANGLE = 6 * ONE, ONE, CIRCLE // 64  # players this alike are one
STEPS_PER_CELL = 40  # in which any way gets on by a cell, several times over


def shortest_walks(mazes: Sequence[Maze], episode: int = 0) -> list[np.ndarray]:
    """The actions of the quickest way found, by maze; as many as there are steps.

    Args:
        mazes: The mazes; searched side by side on all cores.
        episode: Of the trial, whose start counts.

    Raises:
        UserError: A maze's target cannot be reached.
    """
    plans = np.zeros((len(mazes), _most_steps(mazes)), np.int8)
    lengths = np.zeros(len(mazes), np.int64)
    height = max(maze.walls.shape[0] for maze in mazes)
    width = max(maze.walls.shape[1] for maze in mazes)
    walls = np.ones((len(mazes), height, width), np.uint8)
    for index, maze in enumerate(mazes):
        walls[index, : maze.walls.shape[0], : maze.walls.shape[1]] = maze.walls
    _search_all()(
        walls,
        np.array([maze.target for maze in mazes], np.int64),
        np.array([block_origin(maze.walls) for maze in mazes], np.int64),
        np.array([maze.start(episode) for maze in mazes], np.int64),
        WIDTH,
        plans,
        lengths,
    )
    if (lengths == 0).any():
        lost = int(np.flatnonzero(lengths == 0)[0])
        raise UserError(f"no way leads to the target of maze {lost}:\n{mazes[lost]}")
    return [plan[:length].astype(np.int64) for plan, length in zip(plans, lengths, strict=True)]


def search(walls, target, origin, start, width, plan):
    """One beam search.

    Args:
        walls: [height, width] of cells, nonzero where solid.
        target: [2], row and column of the target.
        origin: See `mazes.dynamics.collision.trace`.
        start: [3]: row, column, heading.
        width: Players kept.
        plan: [T] actions, filled in; T is where the search gives up.

    Returns:
        How many actions the plan has; 0 if none was found.
    """
    way = ways_left(walls, target)
    kept = np.zeros((width, STATE_SIZE), np.int64)
    stand(kept[0], start[0], start[1], start[2])
    num_kept = 1
    reached = np.zeros((3 * width, STATE_SIZE), np.int64)
    promise = np.zeros(3 * width)
    came_from = np.zeros((len(plan), width), np.int64)  # parent * 3 + action
    for step in range(len(plan)):
        for player in range(num_kept):
            for action in range(3):
                child = player * 3 + action
                reached[child] = kept[player]
                _, touched = walk_step(walls, target, origin, reached[child], action)
                if touched:
                    for at in range(step, -1, -1):
                        plan[at] = child % 3
                        child = came_from[at - 1, child // 3] if at > 0 else 0
                    return step + 1
                promise[child] = way_left(way, reached[child])
        seen = set()
        parents = num_kept
        num_kept = 0
        for child in np.argsort(promise[: 3 * parents]):
            like = likeness(reached[child])
            if like not in seen and num_kept < width:
                seen.add(like)
                kept[num_kept] = reached[child]
                came_from[step, num_kept] = child
                num_kept += 1
    return 0


def ways_left(walls, target):
    """The length of the way from each lattice point to the target, map units.

    Args:
        walls: As in `search`.
        target: As in `search`.

    Returns:
        [rows, columns] float64, points `PITCH` apart from the north-west corner; `FAR` where no
        player can stand.
    """
    rows, cols = walls.shape[0] * POINTS, walls.shape[1] * POINTS
    way = np.full((rows, cols), FAR)
    free = np.zeros((rows, cols), np.bool_)
    for row in range(POINTS, rows - POINTS):
        for col in range(POINTS, cols - POINTS):
            x, y = col * PITCH, -row * PITCH
            free[row, col] = not cuts_wall(walls, x, y)
            if free[row, col] and target_gap(target, x, y) < PITCH:
                way[row, col] = max(0, target_gap(target, x, y)) / ONE
    changed = True
    while changed:  # sweeps there and back, as often as a way bends
        changed = False
        for sweep in range(2):
            for i in range(rows * cols):
                point = i if sweep == 0 else rows * cols - 1 - i
                row, col = point // cols, point % cols
                if free[row, col]:
                    least = way[row, col]
                    for to_row in range(row - 1, row + 2):
                        for to_col in range(col - 1, col + 2):
                            diagonal = to_row != row and to_col != col
                            pitch = PITCH / ONE * (2**0.5 if diagonal else 1.0)
                            least = min(least, way[to_row, to_col] + pitch)
                    if least < way[row, col]:
                        way[row, col] = least
                        changed = True
    return way


def way_left(way, state):
    """What a player has before it, map units; less is more promising."""
    x, y = state[X] / ONE, state[Y] / ONE
    here = near(way, x, y)
    rolled = near(way, x + ROLL_TICS * state[VX] / ONE, y + ROLL_TICS * state[VY] / ONE)
    angle = state[ANGLE] / CIRCLE * 2 * np.pi
    ahead = near(way, x + AHEAD * np.cos(angle), y + AHEAD * np.sin(angle))
    rolled = here if rolled >= FAR else rolled
    ahead = here + AHEAD if ahead >= FAR else ahead
    return 0.3 * here + 0.7 * rolled + 0.5 * ahead


def near(way, x, y):
    """The way left from a place, by way of the best lattice point around it, map units."""
    pitch = PITCH / ONE
    row, col = round(-y / pitch), round(x / pitch)
    least = FAR
    for at_row in range(max(row - 1, 0), min(row + 2, way.shape[0])):
        for at_col in range(max(col - 1, 0), min(col + 2, way.shape[1])):
            aside = np.hypot(at_col * pitch - x, at_row * pitch + y)
            least = min(least, way[at_row, at_col] + aside)
    return least


def likeness(state):
    """A number that players share who stand, move and look alike."""
    like = state[X] // LIKE_POSITION
    like = like * 4096 + (-state[Y]) // LIKE_POSITION
    like = like * 64 + state[VX] // LIKE_SPEED + 32
    like = like * 64 + state[VY] // LIKE_SPEED + 32
    return like * 64 + state[ANGLE] // LIKE_ANGLE


def _most_steps(mazes: Sequence[Maze]) -> int:
    return STEPS_PER_CELL * max(int((~maze.walls).sum()) for maze in mazes)


@lru_cache
def _search_all() -> Callable[..., None]:
    """The search over all mazes, compiled on first use."""
    import sys

    import numba

    from ..dynamics import collision, physics
    from ..dynamics.numba_utils import allow_calls, fingerprint

    here = sys.modules[__name__]
    allow_calls(collision, physics, here)
    sources = fingerprint(collision, physics, here)

    def search_all(walls, target, origin, start, width, plans, lengths):
        len(sources)  # encloses it, see `fingerprint`
        for maze in numba.prange(len(walls)):
            lengths[maze] = search(
                walls[maze], target[maze], origin[maze], start[maze], width, plans[maze]
            )

    return numba.njit(parallel=True, nogil=True, cache=True, error_model="numpy")(
        inspect.unwrap(search_all)
    )
