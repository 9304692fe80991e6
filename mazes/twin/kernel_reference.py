"""The reference as it stands, copy after copy: slow, for tests and for reading."""

import numpy as np

from mazes.twin.episode import advance, begin
from mazes.twin.raycast import draw


def begin_all(mazes, looks, reduction, copies, mask, pictures):
    """Begins the next episode of the copies in `mask` [B] and draws what they see."""
    for copy in np.flatnonzero(mask):
        begin(mazes, copies, copy)
        draw_copy(mazes, looks, reduction, copies, copy, pictures)


def advance_all(game, mazes, looks, reduction, copies, action, pictures):
    """Takes one step, `action` [B], with every copy in an episode; draws what they see."""
    for copy in range(len(action)):
        if advance(game, mazes, copies, copy, action[copy]):
            draw_copy(mazes, looks, reduction, copies, copy, pictures)


def draw_copy(mazes, looks, reduction, copies, copy, pictures):
    """Draws what one copy's player sees into `pictures[copy]`."""
    task = copies.task[copy]
    draw(
        mazes.walls[task],
        mazes.target[task],
        mazes.texture_set[task],
        looks,
        reduction,
        copies.state[copy],
        np.empty((2, len(reduction.rows_read)), np.int64),
        pictures[copy],
    )
