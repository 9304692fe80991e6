import numpy as np

from rl2_mazes.mazes.maze import Maze, Pose


def draw_maze(picture: str, texture_set: int = 0) -> Maze:
    """The maze of a picture in the characters of `str(maze)`."""
    cells = np.array([list(row) for row in picture.split()])
    starts = [Pose(*at, ">^<v".index(cells[tuple(at)])) for at in _where(cells, ">^<v")]
    return Maze(cells == "#", tuple(starts), tuple(_where(cells, "X")), texture_set)


def _where(cells: np.ndarray, characters: str) -> list[tuple[int, int]]:
    return [tuple(at) for at in np.argwhere(np.isin(cells, list(characters))).tolist()]
