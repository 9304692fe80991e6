"""The reference as it stands, copy after copy: slow, for tests and for reading."""

import numpy as np

from ..episode import advance, begin
from .frame_cache import draw_copy


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
