"""Checks of a state that was saved, before kernels take it for their own.

A state comes from a file. One that names a maze that is not there, or a player inside a wall, would
have a kernel read beyond its arrays.
"""

from typing import Any

import numpy as np
from torch import Tensor

from ..dynamics.collision import ANGLE, CELL, ONE, VX, VY, X, Y
from ..dynamics.physics import CIRCLE
from ..tasks import MazeSet
from .episode import NO_TASK

MOST_SPEED = 30 * ONE  # map units a tic; Doom's limit


def require_state(state: dict[str, Any], ours: dict[str, Tensor], mazes: MazeSet) -> None:
    """Raise unless a state fits the environments.

    Args:
        state: That was saved; fields as in `mazes.twin.episode.EpisodeState`, and frames.
        ours: Fields of the environments' own state.
        mazes: Their mazes.

    Raises:
        ValueError: A field is missing, has another shape or type, or holds impossible values.
    """
    for name, field in ours.items():
        given = state.get(name)
        if not isinstance(given, Tensor) or (given.shape, given.dtype) != (
            field.shape,
            field.dtype,
        ):
            raise ValueError(
                f"the state of the mazes has no {name} like {field.dtype} {field.shape}"
            )
    task, episode, steps, running, player = (
        state[name].cpu().numpy() for name in ("task", "episode", "steps", "running", "state")
    )
    if (
        ((task < NO_TASK) | (task >= len(mazes))).any()
        or (running & (task == NO_TASK)).any()
        or (np.minimum(episode, steps) < 0).any()
    ):
        raise ValueError("the state of the mazes names a maze, an episode or a step out of range")
    for env in np.flatnonzero(running):
        row, col = -player[env, Y] // CELL, player[env, X] // CELL
        walls = mazes[int(task[env])].walls
        inside = 0 <= row < walls.shape[0] and 0 <= col < walls.shape[1] and not walls[row, col]
        moves = np.abs(player[env, [VX, VY]]).max() <= MOST_SPEED
        if not (inside and moves and 0 <= player[env, ANGLE] < CIRCLE):
            raise ValueError(
                f"the state of the mazes has a player out of place, in environment {env}"
            )
