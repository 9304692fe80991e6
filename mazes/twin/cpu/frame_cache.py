"""What the copies see, and what they saw lately: who comes back to a place is not drawn anew.

In mazes of whole rooms and right angles that is four pictures of five at first, and half of them
once an agent has learnt; of those who walk a fifth at first, when they stand at walls, then a
tenth.

Like `mazes.dynamics.collision`, plain Python that `mazes.twin.cpu.kernel` compiles.
"""

from typing import NamedTuple

import numpy as np

from ...dynamics.collision import ANGLE, X, Y
from ..episode import NO_TASK
from ..raycast import draw

NUM_KEPT = 64  # pictures of each copy, in which a trial on a small maze mostly fits
MOST_BYTES = 1 << 28  # for all that one twin keeps, unless one of each copy is more


class Pictures(NamedTuple):
    """The pictures of B copies."""

    now: np.ndarray  # [B, H, W, 3] uint8 RGB
    kept: np.ndarray  # [B, K, H, W, 3] uint8, the last K that were drawn
    place: np.ndarray  # [B, K, 4] int64: the task, x, y and angle that each shows
    oldest: np.ndarray  # [B] int64: which makes room for the next


def no_pictures(num_envs: int, height: int, width: int) -> Pictures:
    """Before the first is drawn."""
    num_kept = max(1, min(NUM_KEPT, MOST_BYTES // (num_envs * height * width * 3)))
    return Pictures(
        now=np.zeros((num_envs, height, width, 3), np.uint8),
        kept=np.zeros((num_envs, num_kept, height, width, 3), np.uint8),
        place=np.full((num_envs, num_kept, 4), NO_TASK, np.int64),
        oldest=np.zeros(num_envs, np.int64),
    )


def show(mazes, looks, reduction, copies, copy, pictures):
    """Sees to it that `pictures.now` is what one copy's player sees."""
    state, task = copies.state[copy], copies.task[copy]
    kept, place = pictures.kept[copy], pictures.place[copy]
    for i in range(len(place)):
        if (
            place[i, 1] == state[X]
            and place[i, 2] == state[Y]
            and place[i, 3] == state[ANGLE]
            and place[i, 0] == task
        ):
            pictures.now[copy] = kept[i]
            return
    draw_copy(mazes, looks, reduction, copies, copy, pictures)
    i = pictures.oldest[copy]
    pictures.oldest[copy] = (i + 1) % len(place)
    kept[i] = pictures.now[copy]
    place[i, 0], place[i, 1], place[i, 2], place[i, 3] = task, state[X], state[Y], state[ANGLE]


def draw_copy(mazes, looks, reduction, copies, copy, pictures):
    """Draws what one copy's player sees into `pictures.now[copy]`."""
    task = copies.task[copy]
    draw(
        mazes.walls[task],
        mazes.target[task],
        mazes.texture_set[task],
        looks,
        reduction,
        copies.state[copy],
        np.empty((2, len(reduction.rows_read)), np.int64),
        pictures.now[copy],
    )
