"""Generators of layouts: spanning trees over a grid of rooms, with optional loops.

Each of these yields the openings of a perfect maze, in which exactly one path joins any two rooms.
They differ in the spanning trees they favour, and so in the length and winding of paths:

    prim         the authors' own: short dead ends, few long corridors
    depth_first  recursive backtracker: long winding corridors
    wilson       every spanning tree equally likely (Wilson 1996, loop-erased random walks)

A new one is a new file here: a function of (rooms, rng) under `@GENERATORS.register(name)`. It may
open more than a tree, but must join all rooms.
"""

from collections.abc import Callable, Iterable

import numpy as np

from ...core.forms.entries import function_of
from ...core.registries.registry import Registry, is_own
from .checked import openings_of
from .grid import Opening, all_openings, cell_between

Generator = Callable[[int, np.random.Generator], Iterable[Opening]]

# The authors' generator comes first.
GENERATORS: Registry[Generator] = Registry(
    "generator", [f"{__name__}.prim", __name__], function_of("rooms", "rng")
)


def generate_walls(
    generator: str, rooms: int, loops: float, rng: np.random.Generator
) -> np.ndarray:
    """Carves a maze of rooms x rooms.

    Args:
        generator: A name in `GENERATORS`.
        rooms: Rooms a side; Duan et al. 2016 use 3 (small) and 5 (large).
        loops: Fraction of the walls left between neighbouring rooms that are opened too.
        rng: Source of randomness.

    Returns:
        [2 * rooms + 1, 2 * rooms + 1] bool, True where solid.

    Raises:
        UserError: A plug-in's generator raises; or its openings are none, or do not join all rooms.
    """
    walls = np.ones((2 * rooms + 1, 2 * rooms + 1), dtype=bool)
    walls[1::2, 1::2] = False
    make = GENERATORS.get(generator)
    known = is_own(make)  # by its tests
    for opening in make(rooms, rng) if known else openings_of(generator, make, rooms, rng):
        walls[cell_between(opening)] = False
    if loops > 0:
        closed = [cell for each in all_openings(rooms) if walls[cell := cell_between(each)]]
        for index in rng.permutation(len(closed))[: round(loops * len(closed))]:
            walls[closed[index]] = False
    return walls
