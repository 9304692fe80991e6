"""Predicted wall contacts against the engine driven tic by tic."""

from math import cos, floor, hypot, pi, sin

import numpy as np
import pytest

from rl2_mazes.mazes.doom.contact import ContactPredictor
from rl2_mazes.mazes.doom.game import WALK_BUTTONS, MazeGame
from rl2_mazes.mazes.dynamics.collision import ONE
from rl2_mazes.mazes.dynamics.physics import THRUST
from rl2_mazes.mazes.geometry import cell_centre
from rl2_mazes.mazes.rules import FORWARD, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks


def test_contacts_agree_with_the_engine():
    """Steps near the target are left out: the record cannot tell wall from target there."""
    rng = np.random.default_rng(0)
    game = MazeGame(MazeRules(movement="walk"))
    engine = game._engine
    agree, touching = [], 0
    try:
        for maze in MazeSet.draw(MazeTasks(rooms=3, num_mazes=4)):
            contact = ContactPredictor(maze)
            game.start(maze)
            game.reset()
            for _ in range(500):
                action = int(rng.choice(3, p=[0.15, 0.15, 0.7]))
                state = engine.state()
                predicted = contact.count(state, action == FORWARD)
                seen = 0
                for _ in range(4):
                    engine.act(WALK_BUTTONS[action], 1)
                    after = engine.state()
                    fine = (floor(after[2] * 8192 / 360) + 0.5) * 2 * pi / 8192
                    push = THRUST / ONE if action == FORWARD else 0.0
                    miss_x = after[0] - state[0] - state[3] - push * cos(fine)
                    miss_y = after[1] - state[1] - state[4] - push * sin(fine)
                    seen += hypot(miss_x, miss_y) > 2e-3
                    state = after
                gap = max(
                    abs(a - b) for a, b in zip(state, cell_centre(maze.target(0)), strict=False)
                )
                if gap > 16 + 47 + 40:
                    agree.append(predicted == seen)
                    touching += seen > 0
                if contact.touches_target(*state[:2]):
                    game.reset()
    finally:
        game.close()
    assert len(agree) > 1000
    assert touching > 500
    assert np.mean(agree) >= 0.999


@pytest.mark.parametrize(("gap", "touches"), [(0.0, True), (1.0, True), (1.1, False)])
def test_touch_is_a_gap_of_one_unit(corridor, gap, touches):
    assert ContactPredictor(corridor).touches_target(720 - 47 - 16 - gap, -144.0) == touches


def test_standing_free_is_no_contact(corridor):
    contact = ContactPredictor(corridor)
    assert contact.count([240.0, -144.0, 0.0, 0.0, 0.0], forward=True) == 0
    assert contact.count([240.0, -144.0, 0.0, 0.0, 0.0], forward=False) == 0


def test_pressing_against_a_wall_is_contact_in_every_tic(corridor):
    contact = ContactPredictor(corridor)
    assert contact.count([240.0, -112.01, 90.0, 0.0, 0.0], forward=True) == 4
    assert contact.count([240.0, -112.01, 270.0, 0.0, 0.0], forward=True) == 0
