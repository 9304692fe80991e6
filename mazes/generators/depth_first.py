"""Depth-first search, or recursive backtracker."""

from collections.abc import Iterable

import numpy as np

from . import GENERATORS
from .grid import Opening, neighbours, random_room


@GENERATORS.register("depth_first")
def depth_first(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Walks to a random unvisited neighbour as long as there is one, then backtracks."""
    path = [random_room(rooms, rng)]
    visited = set(path)
    while path:
        ahead = [near for near in neighbours(path[-1], rooms) if near not in visited]
        if not ahead:
            path.pop()
            continue
        room = ahead[rng.integers(len(ahead))]
        yield path[-1], room
        visited.add(room)
        path.append(room)
