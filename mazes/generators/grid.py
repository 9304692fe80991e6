"""The grid of rooms that generators carve: neighbours, cells between them, masks of cells."""

from collections.abc import Iterable
from functools import cache

import numpy as np

Room = tuple[int, int]  # row, column of a room
Opening = tuple[Room, Room]  # two neighbouring rooms


def random_room(rooms: int, rng: np.random.Generator) -> Room:
    """A uniformly drawn room."""
    return int(rng.integers(rooms)), int(rng.integers(rooms))


@cache  # a thousand mazes ask twenty thousand times, for few rooms
def neighbours(room: Room, rooms: int) -> tuple[Room, ...]:
    """Rooms beside `room`: east, north, west, south, as far as they exist."""
    row, col = room
    around = ((row, col + 1), (row - 1, col), (row, col - 1), (row + 1, col))
    return tuple((r, c) for r, c in around if 0 <= r < rooms and 0 <= c < rooms)


def all_openings(rooms: int) -> Iterable[Opening]:
    """Every pair of neighbouring rooms, once."""
    for room in ((row, col) for row in range(rooms) for col in range(rooms)):
        yield from ((room, near) for near in neighbours(room, rooms) if near > room)


def cell_between(opening: Opening) -> tuple[int, int]:
    """The grid cell between two neighbouring rooms."""
    (row_a, col_a), (row_b, col_b) = opening
    return row_a + row_b + 1, col_a + col_b + 1


def room_cells(shape: tuple[int, ...]) -> np.ndarray:
    """[height, width] bool: the cells of rooms, at odd rows and columns."""
    rooms = np.zeros(shape, dtype=bool)
    rooms[1:-1:2, 1:-1:2] = True
    return rooms


def cells_that_may_be_open(shape: tuple[int, ...]) -> np.ndarray:
    """[height, width] bool: all cells but the border and pillars."""
    cells = np.zeros(shape, dtype=bool)
    cells[1:-1:2, 1:-1] = cells[1:-1, 1:-1:2] = True
    return cells
