"""Openings of a generator, checked: perhaps it is a plug-in's."""

from collections.abc import Callable, Iterable
from itertools import islice
from operator import index
from typing import Any

import numpy as np

from ...core.errors import UserError, described
from .grid import Opening, Room

MOST = 1000  # openings a room, repeated ones counted; a generator that makes more does not end


def openings_of(
    name: str, generator: Callable[[int, np.random.Generator], Any], rooms: int, rng: Any
) -> list[Opening]:
    """Call a generator, and check its openings as `checked_openings` does.

    Raises:
        UserError: Also if it raises something, or makes openings without end.
    """
    try:
        made = generator(rooms, rng)
        if isinstance(made, Iterable):
            made = list(islice(made, MOST * rooms**2 + 1))
    except (UserError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise UserError(f"generator {name!r} raised {described(error)}") from error
    if isinstance(made, list) and len(made) > MOST * rooms**2:
        raise UserError(
            f"generator {name!r} makes more than {MOST * rooms**2:,} openings; it must end"
        )
    return checked_openings(name, made, rooms)


def checked_openings(name: str, made: Any, rooms: int) -> list[Opening]:
    """The openings that a generator made.

    Args:
        name: The generator's.
        made: What it returned.
        rooms: Rooms a side.

    Raises:
        UserError: They are no pairs of neighbouring rooms of the grid, or leave a room that no path
            leads to, in which a target could not be reached.
    """
    if not isinstance(made, Iterable):
        raise UserError(
            f"generator {name!r} returns {type(made).__name__}; it must yield openings, "
            "((row, col), (row, col)) of two neighbouring rooms"
        )
    openings = [_checked(name, opening, rooms) for opening in made]
    if unreached := _unreached(openings, rooms):
        raise UserError(
            f"generator {name!r} makes a maze whose room {unreached} no path joins to room (0, 0); "
            f"its openings must join all {rooms}x{rooms} rooms"
        )
    return openings


def _checked(name: str, opening: Any, rooms: int) -> Opening:
    try:
        (row_a, col_a), (row_b, col_b) = opening
        for at in (row_a, col_a, row_b, col_b):
            index(at)  # whole numbers, numpy's too
        is_one = abs(row_a - row_b) + abs(col_a - col_b) == 1
        is_inside = all(0 <= at < rooms for at in (row_a, col_a, row_b, col_b))
    except (TypeError, ValueError):
        is_one = is_inside = False
    if not (is_one and is_inside):
        raise UserError(
            f"generator {name!r} makes the opening {opening!r}; it must be "
            "((row, col), (row, col)) of two neighbouring rooms, whole numbers 0 .. "
            f"{rooms - 1}"
        )
    return opening


def _unreached(openings: list[Opening], rooms: int) -> Room | None:
    """A room that no path leads to from room (0, 0), or None."""
    parent = list(range(rooms**2))  # of a forest in which joined rooms have one root

    def root(room: int) -> int:
        while parent[room] != room:
            parent[room] = room = parent[parent[room]]
        return room

    for (row_a, col_a), (row_b, col_b) in openings:
        parent[root(rooms * row_a + col_a)] = root(rooms * row_b + col_b)
    first = root(0)
    alone = next((room for room in range(rooms**2) if root(room) != first), None)
    return None if alone is None else divmod(alone, rooms)
