"""Metric of a search: moves that lead away from what is left to search.

The scripted explorer heads for the nearest room that it has not seen. An agent that leaves one
behind has to come back for it.
"""

from functools import lru_cache
from itertools import count

import numpy as np

from ...core.metrics import METRICS
from ...mazes.generators.grid import cells_that_may_be_open, room_cells
from ...mazes.geometry import cells_of
from ...mazes.padding import padded_walls, stack_padded
from .episode import Episode
from .intervals import Estimate, mean
from .views import NEVER, views_of

BATCH = 4096  # boards whose distances are computed at once


@METRICS.metric(
    "detours",
    "moves no nearer to an unseen room",
    "count",
    "lower",
    interval="Student",
    needs=["poses", "mazes"],
)
def detours(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean moves, with the target out of sight so far, no nearer to the nearest unseen room.

    Of episode 1 alone: later ones may know the target.
    """
    return mean(count_detours(episode)[0] if episode.index == 0 else np.zeros(0))


@METRICS.metric(
    "detours_again",
    "detours into visited cells",
    "count",
    "lower",
    interval="Student",
    needs=["poses", "mazes"],
)
def detours_again(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean detours of episode 1 into a cell that it had been in before."""
    return mean(count_detours(episode)[1] if episode.index == 0 else np.zeros(0))


@lru_cache(maxsize=1)  # both metrics follow one another
def count_detours(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    """[N] int64 each: moves no nearer to the nearest unseen room; all, and into visited cells.

    A room is unseen until it comes into view; cells are visited if the episode had been in them
    before. Moves are counted until the target comes into view. As for the scripted explorer, unseen
    cells are taken for open, apart from the border and pillars.
    """
    assert episode.poses is not None
    assert episode.mazes is not None
    trials = len(episode.length)
    trial, cells = episode.trial_of_step, cells_of(episode.poses)
    step = np.arange(len(trial)) - (np.cumsum(episode.length) - episode.length)[trial]
    entered = np.zeros(len(trial), dtype=bool)
    entered[1:] = (trial[1:] == trial[:-1]) & (cells[1:] != cells[:-1]).any(axis=1)
    first = views_of(episode).first
    targets = np.array([maze.target(episode.index) for maze in episode.mazes])
    entered &= step <= first[np.arange(trials), *targets.T][trial]
    walls, rooms, may_be_open = _boards(episode)
    visit = np.column_stack((trial, cells))
    _, earliest, cell = np.unique(visit, axis=0, return_index=True, return_inverse=True)
    again = earliest[cell.reshape(-1)] < np.arange(len(trial))
    found = np.zeros((2, trials), dtype=np.int64)
    moves = np.flatnonzero(entered)
    for begin in range(0, len(moves), BATCH):
        move = moves[begin : begin + BATCH]
        of = trial[move]
        known = first[of] < step[move][:, None, None]
        passable = np.where(known, ~walls[of], may_be_open[of])
        distance = distances(rooms[of] & ~known, passable)
        board = np.arange(len(move))
        before, after = (distance[board, *cells[at].T] for at in (move - 1, move))
        away = after >= before
        for counted, chosen in zip(found, (away, away & again[move]), strict=True):
            counted += np.bincount(of[chosen], minlength=trials)
    return found[0], found[1]


def distances(goals: np.ndarray, passable: np.ndarray) -> np.ndarray:
    """Fewest moves to the nearest goal on each of N boards.

    Args:
        goals: [N, height, width] bool.
        passable: [N, height, width] bool; a goal elsewhere is none. The border is not.

    Returns:
        [N, height, width] int64; `NEVER` where no goal can be reached.
    """
    reached = goals & passable
    result = np.where(reached, 0, NEVER)
    for moves in count(1):
        near = np.zeros_like(reached)
        near[:, 1:] |= reached[:, :-1]
        near[:, :-1] |= reached[:, 1:]
        near[:, :, 1:] |= reached[:, :, :-1]
        near[:, :, :-1] |= reached[:, :, 1:]
        near &= passable & ~reached
        if not near.any():
            break
        result[near] = moves
        reached |= near
    return result


def _boards(episode: Episode) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walls, rooms, and what is open or not a pillar nor of the border; [N, height, width] bool."""
    assert episode.mazes is not None
    shapes = [maze.walls.shape for maze in episode.mazes]
    rooms, may_be_open = (
        stack_padded([mask(shape) for shape in shapes], fill=False)
        for mask in (room_cells, cells_that_may_be_open)
    )
    return padded_walls(episode.mazes), rooms, may_be_open
