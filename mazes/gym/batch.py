"""Trials in B maze environments, which both gymnasium environments run.

To gymnasium an *episode* is a whole trial: K episodes on one maze. Between those the player returns
to the start, and `prev_done` is the only sign of it. A trial is terminated when its last episode
ends, at the target or at the horizon, which is part of the task; it is truncated only if an engine
crashes.
"""

from functools import lru_cache
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ...core.errors import UserError
from ..array_checks import require_actions, require_shape
from ..maze import Maze
from ..rules import ACTION_NAMES, MazeRules
from ..tasks import MazeSet, MazeTasks
from .simulators import simulator

NO_ACTION = len(ACTION_NAMES)  # `prev_action` on the first step of a trial


def observation_space(image_shape: tuple[int, ...]) -> spaces.Dict:
    """Inputs of an RL² agent in one environment, see `TrialBatch`."""
    return spaces.Dict(
        image=spaces.Box(0, 255, image_shape, np.uint8),
        prev_action=spaces.Discrete(NO_ACTION + 1),
        prev_reward=spaces.Box(-1, 1, (1,), np.float32),
        prev_done=spaces.Discrete(2),
    )


class TrialBatch:
    """B trials in parallel; each waits when it is over, until `begin`.

    Attributes:
        observation_space: Of one environment: a dictionary of an RL² agent's inputs, `image`
            [height, width, 3] uint8, `prev_action` (`NO_ACTION` on a trial's first step),
            `prev_reward` [1] float32 and `prev_done`, 1 where the previous action ended an
            episode. With `image_only`, the image alone.
        action_space: Of one environment, see `mazes.rules`.
        closed: Whether `close` was called.
        over: [B] bool, whether the trial has ended.
        paths: Poses of each running episode, if `track`.

    Args:
        num_envs: B.
        movement: See `mazes.rules.MazeRules`.
        rooms: See `mazes.tasks.MazeTasks`.
        horizon: See `mazes.rules.MazeRules`.
        episodes: K.
        num_starts: Starts of a maze, one per episode in turn; see `mazes.tasks.MazeTasks`.
        num_targets: Targets of a maze, one per episode in turn; at most `episodes`.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_mazes: Number of mazes to draw from.
        maze_seed: Seed of the set of mazes; `reset(seed=...)` decides the maze of each trial.
        engine: twin or doom.
        device: Device of the twin: cpu, cuda or auto.
        image_only: Whether observations are images alone.
        obs_height: Rows of the image, pixels; see `mazes.rules.MazeRules`. The default network of
            stable-baselines3 needs 36 rows and 36 columns or more.
        obs_width: Columns of the image, pixels.
        track: Whether to record paths, for `render`.
    """

    def __init__(
        self,
        num_envs: int,
        movement: str,
        rooms: int,
        horizon: int,
        episodes: int = 2,
        split: str = "train",
        num_mazes: int = 1000,
        maze_seed: int = 0,
        engine: str = "twin",
        device: str = "cpu",
        image_only: bool = False,
        obs_height: int = MazeRules.obs_height,
        obs_width: int = MazeRules.obs_width,
        track: bool = False,
        num_starts: int = 1,
        num_targets: int = 1,
    ):
        if episodes < 1:
            raise UserError(f"episodes is {episodes}; it must be at least 1")
        if num_targets > episodes:
            raise UserError(
                f"num_targets is {num_targets}; it must be at most episodes, {episodes}"
            )
        self.rules = rules = MazeRules(
            movement=movement, horizon=horizon, obs_height=obs_height, obs_width=obs_width
        )
        self.episodes = episodes
        self.mazes = _mazes(rooms, split, num_mazes, maze_seed, num_starts, num_targets)
        self._simulator = simulator(engine, device, self.mazes, rules, num_envs)
        every = observation_space((rules.obs_height, rules.obs_width, 3))
        self.observation_space: spaces.Space[Any] = every["image"] if image_only else every
        self.action_space = spaces.Discrete(len(ACTION_NAMES))
        self.image_only = image_only
        self.closed = False
        self.over = np.ones(num_envs, bool)
        self._every = np.arange(num_envs)
        self.task = np.zeros(num_envs, np.int64)
        self.episode = np.zeros(num_envs, np.int64)
        self._done = np.zeros(num_envs, bool)  # the last action ended an episode
        self.lengths = np.zeros((num_envs, episodes), np.int64)
        self.successes = np.zeros((num_envs, episodes), bool)
        self._fed_back = {
            "prev_action": np.full(num_envs, NO_ACTION),
            "prev_reward": np.zeros((num_envs, 1), np.float32),
            "prev_done": np.zeros(num_envs, np.int64),
        }
        self._image = np.zeros((num_envs, rules.obs_height, rules.obs_width, 3), np.uint8)
        self.paths: list[list[np.ndarray]] | None = [[] for _ in range(num_envs)] if track else None

    def begin(
        self, mask: np.ndarray, rngs: list[np.random.Generator], maze: np.ndarray | None = None
    ) -> None:
        """Begins a trial where `mask` [B].

        Args:
            mask: [B] bool.
            rngs: B generators; the maze of trial b is drawn from `rngs[b]`.
            maze: Indices of the mazes, [B] int64, if they are not to be drawn.

        Raises:
            ClosedEnvironmentError: `close` was called.
        """
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError("reset() of a closed environment")
        for env in np.flatnonzero(mask):
            self.task[env] = rngs[env].integers(len(self.mazes)) if maze is None else maze[env]
        self._image[...] = self._simulator.begin(self.task, mask)
        self.over[mask] = self._done[mask] = False
        self.episode[mask] = self.lengths[mask] = 0
        self.successes[mask] = False
        self._fed_back["prev_action"][mask] = NO_ACTION
        self._fed_back["prev_reward"][mask] = self._fed_back["prev_done"][mask] = 0
        self._track(mask, mask)

    def step(self, action: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Takes an action [B] in each trial that is not over.

        Returns:
            [B] each: reward, float64; whether the trial has ended; whether it has crashed.

        Raises:
            ClosedEnvironmentError: `close` was called.
            ValueError: The actions have another shape, are no integers, or out of range.
        """
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError("step() of a closed environment")
        action = _actions(action, len(self.over))
        obs, reward, terminated, truncated, crashed = self._simulator.step(action)
        going = ~self.over
        at = self._every, np.minimum(self.episode, self.episodes - 1)
        self.lengths[at] += going
        self._done = done = (terminated | truncated) & going
        crashed = crashed & going
        ended = again = np.zeros_like(going)
        if done.any() or crashed.any():
            # Most steps end nothing, and a few calls to numpy cost more than a step of the twin.
            self.successes[at] |= terminated & going
            self.episode += done
            ended = done & (self.episode == self.episodes)
            self.over |= ended | crashed
            again = done & ~self.over
        for name, values in (("prev_action", action), ("prev_done", done)):
            np.copyto(self._fed_back[name], values, where=going)
        np.copyto(self._fed_back["prev_reward"], reward[:, None], where=going[:, None])
        if again.any():
            obs = self._simulator.reset(again)
        self._image[...] = obs
        self._track(going, again)
        return np.where(going, reward, 0).astype(np.float64), ended, crashed

    def info(self) -> dict[str, np.ndarray]:
        """Values of gymnasium's `info`, always under the same keys, as new arrays.

        Returns:
            `episode_index` [B] int64: from 0, of the episode of the next action. `episode_done` [B]
            bool: the last action ended an episode; `success` [B] bool and `episode_length` [B]
            int64 are that episode's, and False and 0 otherwise. `lengths` [B, K] int64 and
            `successes` [B, K] bool: steps and success so far of the trial's episodes.
        """
        last = np.arange(len(self.over)), np.maximum(self.episode - 1, 0)
        return {
            "episode_index": np.minimum(self.episode, self.episodes - 1),
            "episode_done": self._done.copy(),
            "success": self.successes[last] & self._done,
            "episode_length": self.lengths[last] * self._done,
            "lengths": self.lengths.copy(),
            "successes": self.successes.copy(),
        }

    def observation(self) -> Any:
        """Observations, [B, ...] each, as new arrays."""
        image = self._image.copy()
        if self.image_only:
            return image
        return {"image": image, **{name: x.copy() for name, x in self._fed_back.items()}}

    def maze(self, env: int) -> Maze:
        """Maze of a trial."""
        return self.mazes[int(self.task[env])]

    def close(self) -> None:
        """Ends the simulator; safe to call twice."""
        self.closed = True
        self._simulator.close()

    def _track(self, moved: np.ndarray, restarted: np.ndarray) -> None:
        """Records the poses of the players, in a new path where an episode begins."""
        if self.paths is None:
            return
        poses = self._simulator.poses
        for env in np.flatnonzero(moved):
            if restarted[env]:
                self.paths[env] = []
            self.paths[env].append(poses[env].copy())


def _actions(given: Any, num_envs: int) -> np.ndarray:
    """Actions as int64.

    Raises:
        ValueError: There are not as many as environments, or they are no integers (rounding them
            would hide a mistake), or out of range.
    """
    given = np.asarray(given)
    if given.dtype.kind not in "iu":
        raise ValueError(f"actions are of {given.dtype}; they must be integers")
    require_shape("actions", given, num_envs)
    actions = given.astype(np.int64)
    require_actions(actions)
    return actions


@lru_cache(maxsize=8)
def _mazes(
    rooms: int, split: str, num_mazes: int, seed: int, num_starts: int, num_targets: int
) -> MazeSet:
    """The set of mazes; environments made alike share it."""
    return MazeSet.draw(
        MazeTasks(
            rooms=rooms,
            num_starts=num_starts,
            num_targets=num_targets,
            split=split,
            num_mazes=num_mazes,
            seed=seed,
        )
    )
