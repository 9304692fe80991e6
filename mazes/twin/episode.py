"""Episodes of one environment: start, step, reward and end (see `mazes.rules`).

Like `mazes.dynamics.collision`, plain Python that `mazes.twin.cpu.kernel` compiles.
"""

from typing import NamedTuple

import numpy as np

from ..dynamics.collision import STATE_SIZE
from ..dynamics.physics import grid_step, place_player, walk_step
from ..rules import MazeRules

NO_TASK = -1


class KernelRules(NamedTuple):
    """The rules as numbers that kernels read, see `mazes.rules.MazeRules`."""

    walk: bool
    horizon: int
    target_reward: float
    wall_penalty: float
    step_penalty: float


class EpisodeState(NamedTuple):
    """State of B environments."""

    state: np.ndarray  # [B, 6] int64, see mazes.dynamics.collision
    task: np.ndarray  # [B] int64, index of the maze; `NO_TASK` before the first task
    episode: np.ndarray  # [B] int64, number of the episode that the next reset begins
    steps: np.ndarray  # [B] int64, steps taken in this episode
    running: np.ndarray  # [B] bool, False until the next reset
    reward: np.ndarray  # [B] float32, of the last step
    terminated: np.ndarray  # [B] bool, by the last step
    truncated: np.ndarray  # [B] bool, by the last step


def kernel_rules(rules: MazeRules) -> KernelRules:
    """The rules as numbers."""
    return KernelRules(
        walk=rules.movement == "walk",
        horizon=rules.horizon,
        target_reward=float(rules.target_reward),
        wall_penalty=float(rules.wall_penalty),
        step_penalty=float(rules.step_penalty),
    )


def initial_state(num_envs: int) -> EpisodeState:
    """State of environments that have no task yet."""
    return EpisodeState(
        state=np.zeros((num_envs, STATE_SIZE), np.int64),
        task=np.full(num_envs, NO_TASK, np.int64),
        episode=np.zeros(num_envs, np.int64),
        steps=np.zeros(num_envs, np.int64),
        running=np.zeros(num_envs, np.bool_),
        reward=np.zeros(num_envs, np.float32),
        terminated=np.zeros(num_envs, np.bool_),
        truncated=np.zeros(num_envs, np.bool_),
    )


def begin(mazes, envs, env):
    """Begins the next episode of environment `env`, with the player at rest at its start."""
    task, episode = envs.task[env], envs.episode[env]
    row, col, heading = mazes.starts[task, episode % mazes.num_starts[task]]
    place_player(envs.state[env], row, col, heading)
    envs.episode[env] = episode + 1
    envs.steps[env] = 0
    envs.running[env] = True


def target_index(mazes, envs, env):
    """Index into `mazes.targets[task]` of the target of the present episode of environment `env`.

    It is in range even between `set_task` and the next reset, when there is no present episode.
    """
    count = mazes.num_targets[envs.task[env]]
    return (envs.episode[env] + count - 1) % count  # `episode` is the next one's number


def advance(rules, mazes, envs, env, action):
    """Takes one step of environment `env`; does nothing unless it is running.

    Returns:
        Whether it was running.
    """
    envs.reward[env] = 0
    envs.terminated[env] = envs.truncated[env] = False
    if not envs.running[env]:
        return False
    task = envs.task[env]
    walls, state = mazes.walls[task], envs.state[env]
    target = mazes.targets[task, target_index(mazes, envs, env)]
    if rules.walk:
        bumps, touched = walk_step(walls, target, mazes.origin[task], state, action)
    else:
        bumps, touched = grid_step(walls, target, state, action)
    envs.steps[env] += 1
    ended = envs.steps[env] >= rules.horizon
    reward = rules.step_penalty + bumps * rules.wall_penalty
    envs.reward[env] = reward + rules.target_reward if touched else reward
    envs.terminated[env] = touched
    envs.truncated[env] = ended and not touched
    envs.running[env] = not (touched or ended)
    return True
