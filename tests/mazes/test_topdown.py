"""The map: positions and colours of walls, target, agent and paths."""

import numpy as np
import pytest

from rl2_mazes.mazes.geometry import cell_centre
from rl2_mazes.mazes.maze import Maze, Pose
from rl2_mazes.mazes.topdown import INK, SHEET, render_map

SIZE = 250  # 50 pixels a cell of the corner maze
NO_AGENT = np.zeros((0, 3))


def pose_in(cell: tuple[int, int], angle: float = 0.0) -> list[float]:
    return [*cell_centre(cell), angle]


def at(picture: np.ndarray, row: float, col: float) -> np.ndarray:
    """Colour at a place given in cells."""
    return picture[int(row * 50), int(col * 50)].astype(int)


@pytest.fixture
def path(corner) -> np.ndarray:
    cells = [(3, 1), (3, 2), (3, 3), (2, 3)]
    angles = [0, 0, 0, 90]
    return np.array([pose_in(cell, angle) for cell, angle in zip(cells, angles, strict=True)])


def test_walls_floor_and_target(corner):
    picture = render_map(corner, NO_AGENT, SIZE)
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.dtype == np.uint8
    wall, floor = at(picture, 0.5, 0.5), at(picture, 3.5, 2.5)
    for row, col in np.ndindex(corner.walls.shape):
        if (row, col) != corner.target(0):
            expected = wall if corner.walls[row, col] else floor
            assert (at(picture, row + 0.5, col + 0.5) == expected).all(), (row, col)
    assert abs(wall - floor).sum() > 100
    r, g, b = at(picture, 1.2, 3.2)
    assert r > 150 > 60 > max(g, b)


def test_the_agent_is_an_arrow_along_its_heading(corner, path):
    """White at the end of the path, wider behind its centre than ahead (north) of it."""
    picture = render_map(corner, path, SIZE)
    white = (picture == SHEET).all(axis=2)
    rows, cols = np.nonzero(white)
    assert rows.mean() / 50 == pytest.approx(2.5, abs=0.15)
    assert cols.mean() / 50 == pytest.approx(3.5, abs=0.05)
    widths = white[rows.min() : rows.max() + 1].sum(axis=1)
    assert widths[: len(widths) // 3].sum() < widths[-len(widths) // 3 :].sum()
    assert not (render_map(corner, NO_AGENT, SIZE) == SHEET).all(axis=2).any()


def test_time_goes_from_blue_to_red(corner, path):
    """On the right-hand side of the path east, that is, south of its centre line."""
    picture = render_map(corner, path, SIZE)
    early, late = at(picture, 3.59, 1.7), at(picture, 3.2, 3.59)
    assert early[2] > early[0]
    assert late[0] > late[2] + 50
    unfinished = render_map(corner, path, SIZE, duration=30)
    assert at(unfinished, 3.2, 3.59)[2] > at(unfinished, 3.2, 3.59)[0], "it is early in a long one"


def test_there_and_back_leaves_two_lines(corner):
    there_and_back = np.array([pose_in((3, col)) for col in (1, 2, 3, 2, 1)])
    picture = render_map(corner, there_and_back, SIZE)
    plain = render_map(corner, NO_AGENT, SIZE)
    changed = (picture != plain).any(axis=2)[150:200, 125]
    assert changed[25 + 5]
    assert changed[25 - 5]
    assert not changed[25]


def test_an_earlier_path_is_faint(corner, path):
    plain, ghost = (render_map(corner, NO_AGENT, SIZE, ghost=g) for g in (None, path))
    place = 3.59, 1.7
    assert (at(plain, *place) != at(ghost, *place)).any()
    assert np.ptp(at(ghost, *place)) < 40, "grey"


def test_standing_still_draws_no_line(corner):
    still = np.array([pose_in((3, 1), angle) for angle in (0, 90, 180)])
    turned = render_map(corner, still, SIZE)
    assert (turned == render_map(corner, still[-1:], SIZE)).all()


def test_a_long_maze_is_centred():
    walls = np.ones((3, 9), dtype=bool)
    walls[1, 1:8] = False
    picture = render_map(Maze(walls, (Pose(1, 1),), ((1, 7),)), NO_AGENT, 90)
    assert picture.shape == (90, 90, 3)
    assert (picture[:29] == INK).all()
    assert (picture[-29:] == INK).all()
    assert (picture[31] != INK).any()
