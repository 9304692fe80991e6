"""Wilson's algorithm: uniform spanning trees (Wilson 1996)."""

from collections.abc import Iterable

import numpy as np

from . import GENERATORS
from .grid import Opening, Room, neighbours, random_room


@GENERATORS.register("wilson")
def wilson(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Joins each room to the tree by a random walk whose loops are erased."""
    joined = {random_room(rooms, rng)}
    for first in ((row, col) for row in range(rooms) for col in range(rooms)):
        last_exit: dict[Room, Room] = {}
        room = first
        while room not in joined:
            around = neighbours(room, rooms)
            last_exit[room] = around[rng.integers(len(around))]
            room = last_exit[room]
        room = first
        while room not in joined:
            joined.add(room)
            yield room, last_exit[room]
            room = last_exit[room]
