"""Layouts: spanning trees over a grid of rooms, and the loops that may be opened in them.

Each generator carves a perfect maze (exactly one way between any two rooms). They differ in which
spanning trees they favour, and so in how long and how winding ways are:

    prim         the authors' own: short dead ends, few long corridors
    depth_first  recursive backtracker: long winding corridors
    wilson       every spanning tree equally likely (Wilson 1996, loop-erased random walks)

A new one is a function of (rooms, rng) that yields the openings it makes, under `@register`.
"""

from collections.abc import Callable, Iterable

import numpy as np

Room = tuple[int, int]
Opening = tuple[Room, Room]
Carver = Callable[[int, np.random.Generator], Iterable[Opening]]

CARVERS: dict[str, Carver] = {}


def register(carver: Carver) -> Carver:
    """Makes a carver known by its function's name."""
    CARVERS[carver.__name__] = carver
    return carver


def generate_walls(
    generator: str, rooms: int, loops: float, rng: np.random.Generator
) -> np.ndarray:
    """Carves a maze of rooms x rooms.

    Args:
        generator: A name in `CARVERS`.
        rooms: Rooms a side; 3 is the paper's small maze, 5 its large one.
        loops: Fraction of the walls still standing between neighbouring rooms to open as well.
        rng: Where randomness comes from.

    Returns:
        [2 * rooms + 1, 2 * rooms + 1] bool, True where solid.
    """
    walls = np.ones((2 * rooms + 1, 2 * rooms + 1), dtype=bool)
    walls[1::2, 1::2] = False
    for opening in CARVERS[generator](rooms, rng):
        walls[_between(opening)] = False
    if loops > 0:
        standing = [cell for opening in _all_openings(rooms) if walls[cell := _between(opening)]]
        for index in rng.permutation(len(standing))[: round(loops * len(standing))]:
            walls[standing[index]] = False
    return walls


@register
def prim(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Random-frontier Prim: any room next to the visited ones joins, through one of them."""
    visited = {_random_room(rooms, rng)}
    frontier = list(_neighbours(next(iter(visited)), rooms))
    while frontier:
        room = frontier.pop(rng.integers(len(frontier)))
        doors = [near for near in _neighbours(room, rooms) if near in visited]
        yield doors[rng.integers(len(doors))], room
        visited.add(room)
        frontier += [
            near
            for near in _neighbours(room, rooms)
            if near not in visited and near not in frontier
        ]


@register
def depth_first(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Walks to a random unvisited neighbour as long as there is one, then backtracks."""
    path = [_random_room(rooms, rng)]
    visited = set(path)
    while path:
        ahead = [near for near in _neighbours(path[-1], rooms) if near not in visited]
        if not ahead:
            path.pop()
            continue
        room = ahead[rng.integers(len(ahead))]
        yield path[-1], room
        visited.add(room)
        path.append(room)


@register
def wilson(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Joins each room by a random walk whose loops are erased: uniform over spanning trees."""
    joined = {_random_room(rooms, rng)}
    for first in ((row, col) for row in range(rooms) for col in range(rooms)):
        last_exit: dict[Room, Room] = {}
        room = first
        while room not in joined:
            around = _neighbours(room, rooms)
            last_exit[room] = around[rng.integers(len(around))]
            room = last_exit[room]
        room = first
        while room not in joined:
            joined.add(room)
            yield room, last_exit[room]
            room = last_exit[room]


def _random_room(rooms: int, rng: np.random.Generator) -> Room:
    return int(rng.integers(rooms)), int(rng.integers(rooms))


def _neighbours(room: Room, rooms: int) -> list[Room]:
    row, col = room
    around = ((row, col + 1), (row - 1, col), (row, col - 1), (row + 1, col))
    return [(r, c) for r, c in around if 0 <= r < rooms and 0 <= c < rooms]


def _all_openings(rooms: int) -> Iterable[Opening]:
    for room in ((row, col) for row in range(rooms) for col in range(rooms)):
        yield from ((room, near) for near in _neighbours(room, rooms) if near > room)


def _between(opening: Opening) -> tuple[int, int]:
    """The grid cell between two neighbouring rooms."""
    (row_a, col_a), (row_b, col_b) = opening
    return row_a + row_b + 1, col_a + col_b + 1
