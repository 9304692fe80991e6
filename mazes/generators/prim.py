"""Randomised Prim, the authors' generator."""

from collections.abc import Iterable

import numpy as np

from . import GENERATORS
from .grid import Opening, neighbours, random_room


@GENERATORS.register("prim")
def prim(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Connects a random room of the frontier to a random visited neighbour, until none is left."""
    visited = {random_room(rooms, rng)}
    frontier = list(neighbours(next(iter(visited)), rooms))
    while frontier:
        room = frontier.pop(rng.integers(len(frontier)))
        doors = [near for near in neighbours(room, rooms) if near in visited]
        yield doors[rng.integers(len(doors))], room
        visited.add(room)
        frontier += [
            near for near in neighbours(room, rooms) if near not in visited and near not in frontier
        ]
