"""An episode of one copy: where it starts, what a step earns, when it ends (see `mazes.rules`).

Like `mazes.dynamics.collision`, plain Python that `mazes.twin.cpu.kernel` compiles.
"""

from typing import NamedTuple

import numpy as np

from ..dynamics.collision import STATE_SIZE
from ..dynamics.physics import grid_step, place_player, walk_step
from ..rules import MazeRules

NO_TASK = -1


class Game(NamedTuple):
    """The rules as numbers, see `mazes.rules.MazeRules`."""

    walk: bool
    horizon: int
    target_reward: float
    wall_penalty: float
    step_penalty: float


class Copies(NamedTuple):
    """B copies of the game."""

    state: np.ndarray  # [B, 6] int64, see mazes.dynamics.collision
    task: np.ndarray  # [B] int64, index of the maze; `NO_TASK` before the first
    episode: np.ndarray  # [B] int64, number of the episode that the next reset begins
    steps: np.ndarray  # [B] int64, taken in this episode
    running: np.ndarray  # [B] bool, False while waiting for a reset
    reward: np.ndarray  # [B] float32, of the last step
    terminated: np.ndarray  # [B] bool, by the last step
    truncated: np.ndarray  # [B] bool, by the last step


def game_of(rules: MazeRules) -> Game:
    """The rules as the kernels read them."""
    return Game(
        walk=rules.movement == "walk",
        horizon=rules.horizon,
        target_reward=float(rules.target_reward),
        wall_penalty=float(rules.wall_penalty),
        step_penalty=float(rules.step_penalty),
    )


def waiting_copies(num_envs: int) -> Copies:
    """Copies that have no task yet."""
    return Copies(
        state=np.zeros((num_envs, STATE_SIZE), np.int64),
        task=np.full(num_envs, NO_TASK, np.int64),
        episode=np.zeros(num_envs, np.int64),
        steps=np.zeros(num_envs, np.int64),
        running=np.zeros(num_envs, np.bool_),
        reward=np.zeros(num_envs, np.float32),
        terminated=np.zeros(num_envs, np.bool_),
        truncated=np.zeros(num_envs, np.bool_),
    )


def begin(mazes, copies, copy):
    """Begins a copy's next episode: the player stands at its start, at rest."""
    task, episode = copies.task[copy], copies.episode[copy]
    row, col, heading = mazes.starts[task, episode % mazes.num_starts[task]]
    place_player(copies.state[copy], row, col, heading)
    copies.episode[copy] = episode + 1
    copies.steps[copy] = 0
    copies.running[copy] = True


def advance(game, mazes, copies, copy, action):
    """Takes one step with a copy; if it waits for a reset, nothing happens.

    Returns:
        Whether it was in an episode.
    """
    copies.reward[copy] = 0
    copies.terminated[copy] = copies.truncated[copy] = False
    if not copies.running[copy]:
        return False
    task = copies.task[copy]
    walls, target, state = mazes.walls[task], mazes.target[task], copies.state[copy]
    if game.walk:
        bumps, touched = walk_step(walls, target, mazes.origin[task], state, action)
    else:
        bumps, touched = grid_step(walls, target, state, action)
    copies.steps[copy] += 1
    ended = copies.steps[copy] >= game.horizon
    reward = game.step_penalty + bumps * game.wall_penalty
    copies.reward[copy] = reward + game.target_reward if touched else reward
    copies.terminated[copy] = touched
    copies.truncated[copy] = ended and not touched
    copies.running[copy] = not (touched or ended)
    return True
