"""Rewards and ends of episodes, worked by hand on a corridor; contents of frames."""

from dataclasses import replace

import numpy as np
import pytest
from support.pictures import draw_maze

from rl2_mazes.mazes.doom.game import MazeGame
from rl2_mazes.mazes.geometry import cell_centre
from rl2_mazes.mazes.maze import EAST, NORTH, SOUTH, WEST
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.textures import PALETTE, TARGET_TEXTURE, TEXTURE_SETS


@pytest.fixture(scope="module")
def grid():
    game = MazeGame(MazeRules(movement="grid", horizon=8))
    yield game
    game.close()


@pytest.fixture(scope="module")
def walk():
    game = MazeGame(MazeRules(movement="walk", horizon=30))
    yield game
    game.close()


def colours(pixels: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}


def test_grid_steps_turns_and_bumps(grid, corridor):
    grid.start(corridor)
    grid.reset(0)
    assert grid.pose == pytest.approx((240, -144, 0))
    assert grid.step(FORWARD) == (-0.04, False, False)
    assert grid.pose == pytest.approx((336, -144, 0))
    assert grid.step(TURN_LEFT) == (-0.04, False, False)
    assert grid.pose == pytest.approx((336, -144, 90))
    before = grid.frame
    assert grid.step(FORWARD) == (pytest.approx(-0.041), False, False)  # into the wall
    assert grid.pose == pytest.approx((336, -144, 90))
    np.testing.assert_array_equal(grid.frame, before)
    assert grid.step(TURN_RIGHT) == (-0.04, False, False)
    for _ in range(3):
        assert grid.step(FORWARD) == (-0.04, False, False)
    assert grid.pose == pytest.approx((624, -144, 0))
    # The eighth step is both the last allowed and the one into the target: it terminates.
    assert grid.step(FORWARD) == (pytest.approx(0.96), True, False)


def test_grid_horizon(grid, corridor):
    grid.start(corridor)
    grid.reset(0)
    assert [grid.step(TURN_LEFT)[2] for _ in range(8)] == [False] * 7 + [True]


def test_grid_stays_in_the_centre_of_cells_and_frames_depend_on_the_pose_alone(small_mazes):
    rng = np.random.default_rng(0)
    game = MazeGame(MazeRules(movement="grid", horizon=10_000))
    try:
        for maze in small_mazes[:3]:
            seen = {}
            for episode in range(2):
                game.start(maze)
                game.reset(episode)
                for _ in range(150):
                    frame = seen.setdefault(game._at, game.frame)
                    np.testing.assert_array_equal(game.frame, frame)
                    x, y, angle, *_ = game._engine.state()  # pose of the engine's player
                    assert (x, y) == cell_centre(game._at.cell)
                    assert abs((angle - 90 * game._at.heading + 180) % 360 - 180) < 0.01
                    if game.step(int(rng.choice(3, p=[0.2, 0.2, 0.6])))[1]:
                        break
            assert len(seen) > 10
    finally:
        game.close()


def test_warped_start_textures_like_a_fresh_one(grid, small_mazes, corridor):
    for maze in small_mazes:
        fresh = []
        for episode in range(2):
            grid.start(corridor)
            grid.reset(0)
            assert grid.frame.any()  # moves the engine's player elsewhere
            grid.start(maze)
            grid.reset(episode)
            fresh.append(grid.frame)
        for episode in (0, 1, 0):
            grid.step(TURN_LEFT)
            grid.step(FORWARD)
            assert grid.frame.any()  # and along with the game
            grid.reset(episode)
            np.testing.assert_array_equal(grid.frame, fresh[episode])


def test_walk_follows_dooms_momentum_to_the_target(walk, corridor):
    walk.start(corridor)
    walk.reset(0)
    x = velocity = 0.0
    touch = 720 - 240 - 47 - 16 - 1  # target's centre, start, half the box, the player's, the gap
    while True:
        for _ in range(4):
            velocity += 0.78125
            x += velocity
            velocity *= 0.90625
        reward, terminated, truncated = walk.step(FORWARD)
        assert not truncated
        if x >= touch:
            break
        assert (reward, terminated) == (-0.04, False)
        assert walk.pose == pytest.approx((240 + x, -144, 0), abs=0.2)
    assert (reward, terminated) == (pytest.approx(0.96), True)


def test_walk_pays_for_every_tic_against_a_wall(walk, corridor):
    walk.start(draw_maze("######### #.<....X# #########"))
    walk.reset(0)
    for _ in range(10):
        reward, *_ = walk.step(FORWARD)
    assert reward == pytest.approx(-0.04 - 4 * 0.001)  # pressed against the wall
    assert walk.pose[0] == pytest.approx(96 + 16, abs=1)
    assert walk.step(TURN_LEFT)[0] == -0.04
    assert walk.pose[2] == pytest.approx(180 + 4 * 1.7578, abs=0.01)


def test_walk_starts_at_rest_every_time(walk, corridor):
    walk.start(corridor)
    walk.reset(0)
    first = [walk.frame]
    for action in (FORWARD, FORWARD, TURN_LEFT, TURN_LEFT):
        walk.step(action)
        first.append(walk.frame)
    walk.reset(1)
    again = [walk.frame]
    for action in (FORWARD, FORWARD, TURN_LEFT, TURN_LEFT):
        walk.step(action)
        again.append(walk.frame)
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()


def test_walk_horizon(walk, corridor):
    walk.start(corridor)
    walk.reset(0)
    assert [walk.step(TURN_RIGHT)[2] for _ in range(30)] == [False] * 29 + [True]


@pytest.mark.parametrize("texture_set", range(len(TEXTURE_SETS)))
def test_frames_hold_the_textures_own_colours(grid, texture_set):
    textures = TEXTURE_SETS[texture_set]
    surfaces = (textures.wall, textures.floor, textures.ceiling)
    expected = set().union(*(colours(PALETTE[surface]) for surface in surfaces))
    grid.start(draw_maze("##### #>.X# #####", texture_set))
    for turns in range(1, 4):  # away from the target
        grid.reset(0)
        for _ in range(turns):
            grid.step(TURN_LEFT)
        assert colours(grid.frame) <= expected


def test_a_wall_shows_its_texture_once_from_its_left_edge(grid):
    # Facing a wall from 48 units, 80 pixels focal length (96 vertical): 1.67 pixels a unit across.
    grid.start(draw_maze("##### #^.X# #####", texture_set=2))
    grid.reset(0)
    frame = grid.frame
    wall = PALETTE[TEXTURE_SETS[2].wall]
    for column in (5, 40, 79, 80, 120, 155):
        u = (column + 0.5 - 80) * 48 / 80 + 48
        for row in (20, 50, 70, 100):
            v = 104 - (41 + (60 - row - 0.5) * 48 / 96)
            near = wall[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
            assert tuple(frame[row, column]) in colours(near)


def test_the_target_is_red_and_nothing_else_is(grid):
    game_colours = colours(PALETTE[TARGET_TEXTURE])
    grid.start(draw_maze("##### #>.X# #####", texture_set=1))
    grid.reset(0)
    ahead = [tuple(colour) in game_colours for colour in grid.frame.reshape(-1, 3).tolist()]
    assert np.mean(ahead) > 0.1
    grid.step(TURN_LEFT)
    assert not colours(grid.frame) & game_colours


def test_headings_are_counter_clockwise_from_east(walk):
    for heading, arrow in ((EAST, ">"), (NORTH, "^"), (WEST, "<"), (SOUTH, "v")):
        walk.start(draw_maze(f"##### #{arrow}.X# #####"))
        walk.reset(0)
        assert walk.pose == pytest.approx((144, -144, 90 * heading))


@pytest.mark.parametrize(("width", "height"), [(640, 480), (320, 240)])
def test_films_at_larger_sizes(corridor, width, height):
    game = MazeGame(MazeRules(movement="grid"), width, height)
    try:
        game.start(corridor)
        game.reset(0)
        assert game.frame.shape == (height, width, 3)
        assert game.frame.dtype == np.uint8
    finally:
        game.close()


def test_unknown_size_is_refused():
    with pytest.raises(ValueError, match="width, height are 123, 45; the engine draws 160x120"):
        MazeGame(MazeRules(), 123, 45)


@pytest.mark.parametrize("movement", ["grid", "walk"])
def test_each_episode_has_its_own_target(request, movement):
    """Two cells ahead, then one; the box stands where it is touched, whatever was shown before."""
    game: MazeGame = request.getfixturevalue(movement)
    maze = replace(draw_maze("###### #>..X# ######"), targets=((1, 4), (1, 3)))
    game.start(maze)
    lengths, frames = [], []
    for episode in range(4):
        game.reset(episode)
        frames.append(game.frame.copy())
        steps, terminated = 0, False
        while not terminated:
            _, terminated, _ = game.step(FORWARD)
            steps += 1
        lengths.append(steps)
    assert lengths[:2] == lengths[2:]
    assert lengths[0] > lengths[1]
    assert lengths[:2] == [3, 2] or movement == "walk"
    assert (frames[0] == frames[2]).all()
    assert (frames[1] == frames[3]).all()
    assert (frames[0] != frames[1]).any()
