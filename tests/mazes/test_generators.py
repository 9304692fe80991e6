"""Every generator makes perfect mazes; Wilson's algorithm draws them uniformly."""

import itertools
import sys
from collections import Counter

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rl2_mazes.core.errors import UserError
from rl2_mazes.mazes.generators import GENERATORS, generate_walls
from rl2_mazes.mazes.generators.checked import checked_openings, openings_of
from rl2_mazes.mazes.generators.grid import all_openings

generators = pytest.mark.parametrize("generator", list(GENERATORS))
sizes = pytest.mark.parametrize("rooms", [2, 3, 5, 8])


def openings(walls: np.ndarray) -> int:
    """Open cells between rooms: an odd and an even coordinate."""
    return int((~walls[1::2, ::2]).sum() + (~walls[::2, 1::2]).sum())


def components(walls: np.ndarray) -> int:
    """Connected components of the open cells, by an independent library."""
    number = np.arange(walls.size).reshape(walls.shape)
    pairs = [
        (a[open_], b[open_])
        for a, b, open_ in (
            (number[:, :-1], number[:, 1:], ~walls[:, :-1] & ~walls[:, 1:]),
            (number[:-1], number[1:], ~walls[:-1] & ~walls[1:]),
        )
    ]
    ends = np.concatenate([np.stack(pair) for pair in pairs], axis=1)
    graph = csr_array((np.ones(ends.shape[1]), ends), shape=(walls.size, walls.size))
    labels = connected_components(graph, directed=False)[1].reshape(walls.shape)
    return len(np.unique(labels[~walls]))


def test_three_generators_are_registered():
    assert set(GENERATORS) == {"prim", "depth_first", "wilson"}


@generators
@sizes
def test_a_perfect_maze_is_a_spanning_tree_of_its_rooms(generator, rooms, rng):
    for _ in range(20):
        walls = generate_walls(generator, rooms, 0.0, rng)
        assert walls.shape == (2 * rooms + 1, 2 * rooms + 1)
        assert not walls[1::2, 1::2].any(), "rooms are open"
        assert walls[::2, ::2].all(), "pillars and corners are solid"
        assert walls[0].all()
        assert walls[-1].all()
        assert walls[:, 0].all()
        assert walls[:, -1].all()
        assert openings(walls) == rooms**2 - 1
        assert components(walls) == 1


@generators
@pytest.mark.parametrize("loops", [0.1, 0.5, 1.0])
def test_loops_open_exactly_the_stated_fraction_of_closed_walls(generator, loops, rng):
    rooms = 5
    between = 2 * rooms * (rooms - 1)
    closed = between - (rooms**2 - 1)
    walls = generate_walls(generator, rooms, loops, rng)
    assert openings(walls) == rooms**2 - 1 + round(loops * closed)
    assert walls[::2, ::2].all()


@generators
def test_the_same_seed_gives_the_same_maze(generator):
    first, again, other = (
        generate_walls(generator, 6, 0.2, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def trees(generator: str, rooms: int, draws: int, rng) -> Counter:
    return Counter(generate_walls(generator, rooms, 0.0, rng).tobytes() for _ in range(draws))


@pytest.mark.parametrize(("rooms", "number"), [(2, 4), (3, 192)])
def test_wilson_draws_every_spanning_tree_equally_often(rooms, number, rng):
    """192 trees of 3x3 by Kirchhoff's theorem; a false alarm has a chance of 1 in 1,000."""
    counts = trees("wilson", rooms, 20 * number, rng)
    assert len(counts) == number
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


@pytest.mark.parametrize("generator", ["prim", "depth_first"])
def test_the_uniformity_test_rejects_the_other_generators(generator, rng):
    """They reach every tree of 3x3 too, but not equally often."""
    counts = trees(generator, 3, 10 * 192, rng)
    assert stats.chisquare([*counts.values(), *[0] * (192 - len(counts))]).pvalue < 1e-6


def dead_ends(walls: np.ndarray) -> int:
    exits = sum((~np.roll(walls, shift, axis)).astype(int) for shift in (1, -1) for axis in (0, 1))
    return int(((exits == 1) & ~walls).sum())


def test_depth_first_winds_and_prim_branches(rng):
    """Prim has the most dead ends, depth-first the fewest, Wilson lies between."""
    mean = {
        generator: np.mean([dead_ends(generate_walls(generator, 8, 0.0, rng)) for _ in range(50)])
        for generator in GENERATORS
    }
    assert mean["depth_first"] < 0.7 * mean["wilson"] < 0.7 * mean["prim"]


def test_openings_may_be_more_than_a_tree():
    everything = list(all_openings(3))
    assert checked_openings("mine", iter(everything), 3) == everything


ROW = [((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0), (1, 0))]  # joins the rooms of 2x2


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (None, "returns NoneType; it must yield openings"),
        ([(0, 0)], r"makes the opening \(0, 0\); it must be"),
        ([((0, 0), (1, 1))], "of two neighbouring rooms"),
        ([*ROW, ((0, 1), (0, 2))], r"makes the opening \(\(0, 1\), \(0, 2\)\); .* 0 .. 1"),
        ([*ROW, ((0, 0), (-1, 0))], r"makes the opening \(\(0, 0\), \(-1, 0\)\)"),
        ([*ROW, ((0.0, 0), (0, 1))], r"makes the opening \(\(0.0, 0\), \(0, 1\)\); .* whole"),
        (np.array(ROW, dtype=float), "makes the opening array"),
        (ROW[:2], r"whose room \(1, 0\) no path joins to room \(0, 0\); .* all 2x2 rooms"),
        ([], r"whose room \(0, 1\) no path joins"),
    ],
)
def test_openings_that_make_no_maze_are_refused(made, message):
    with pytest.raises(UserError, match=f"generator 'mine' .*{message}"):
        checked_openings("mine", made, 2)


def raises(rooms, rng):
    yield from ROW
    raise ZeroDivisionError("no\nmore")


def refuses(rooms, rng):
    raise UserError("rooms is 2; it must be odd")


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (
            raises,
            r"'mine' raised ZeroDivisionError: no more \(\S*test_generators.py, line",
        ),
        (lambda rooms, rng: sys.exit("bye"), r"'mine' raised SystemExit: bye \(.*py, line \d+\)$"),
        (lambda rooms, rng: itertools.repeat(ROW[0]), "more than 4,000 openings; it must end"),
        (lambda rooms, rng: None, "generator 'mine' returns NoneType; it must yield"),
        (refuses, "^rooms is 2; it must be odd$"),
    ],
)
def test_a_generator_that_fails_is_named(generator, message, rng):
    with pytest.raises(UserError, match=message) as raised:
        openings_of("mine", generator, 2, rng)
    assert "\n" not in str(raised.value)


def test_numbers_of_numpy_are_whole_too(rng):
    made = openings_of("mine", lambda rooms, rng: np.array(ROW), 2, rng)
    assert (np.array(made) == ROW).all()
