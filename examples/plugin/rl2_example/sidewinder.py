"""A maze generator: sidewinder mazes, which always have a corridor along the north."""

from collections.abc import Iterable

import numpy as np

from rl2_mazes.mazes.generators import GENERATORS
from rl2_mazes.mazes.generators.grid import Opening


@GENERATORS.register("sidewinder")
def sidewinder(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Join rooms of a row into runs, each with one opening to the north."""
    for row in range(rooms):
        run = 0  # where the present run of rooms begins
        for col in range(rooms):
            last = col == rooms - 1
            if not last and (row == 0 or rng.random() < 0.5):
                yield (row, col), (row, col + 1)
            elif row > 0:
                north = int(rng.integers(run, col + 1))
                yield (row, north), (row - 1, north)
                run = col + 1
