"""A maze generator of one file: binary trees, in which every room opens to the north or west.

python examples/binary_tree.py
"""

from collections.abc import Iterable

import numpy as np

from rl2_mazes.mazes.generators import GENERATORS
from rl2_mazes.mazes.generators.grid import Opening


@GENERATORS.register("binary_tree")
def binary_tree(rooms: int, rng: np.random.Generator) -> Iterable[Opening]:
    """Open each room to its northern or western neighbour, chosen by a coin."""
    for row in range(rooms):
        for col in range(rooms):
            neighbours = [(row - 1, col)] * (row > 0) + [(row, col - 1)] * (col > 0)
            if neighbours:
                yield (row, col), neighbours[rng.integers(len(neighbours))]


if __name__ == "__main__":
    from rl2_mazes.mazes.tasks import MazeSet, MazeTasks

    tasks = MazeTasks(rooms=5, generator="binary_tree", num_mazes=3, split="test")
    for maze in MazeSet.draw(tasks):
        print(maze, "\n")  # walls #, start >, target X
