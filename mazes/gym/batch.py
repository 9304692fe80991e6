"""Trials in B copies of a maze environment, as both gymnasium environments run them.

To gymnasium an *episode* is a whole trial: K episodes on one maze. Between those the player is put
back to the start, and only `prev_done` tells so. A trial is terminated when its last episode ends,
whether at the target or at the horizon, which is part of the task; it is truncated only if an
engine dies.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from ...core.errors import UserError
from ..doom.pool import DoomPool
from ..maze import Maze
from ..rules import ACTION_NAMES, MazeRules
from ..tasks import MazeSet, MazeTasks
from ..twin.twin import TwinEnv, TwinSettings

ENGINES = ("twin", "doom")
NO_ACTION = len(ACTION_NAMES)  # what `prev_action` says on a trial's first step


class TrialBatch:
    """B trials side by side; each waits when it is over, until `begin`.

    Attributes:
        observation_space: Of one copy. A dictionary of what an RL² agent is fed: `image`
            [height, width, 3] uint8, `prev_action` (`NO_ACTION` on a trial's first step),
            `prev_reward` [1] float32 and `prev_done`, 1 where the previous action ended an
            episode. With `image_only`, the image.
        action_space: Of one copy, see `mazes.rules`.
        over: [B] bool, whether the trial has ended.
        paths: The poses of each copy's running episode, if they are tracked.

    Args:
        num_envs: B.
        movement: See `mazes.rules.MazeRules`.
        rooms: See `mazes.tasks.MazeTasks`.
        horizon: See `mazes.rules.MazeRules`.
        episodes: K.
        split: Of the mazes: train, validation, test, paper_train or paper_test.
        num_mazes: How many there are to draw from.
        maze_seed: Of the set of mazes. Which of them a trial is on depends on `reset(seed=...)`.
        engine: twin or doom.
        device: Of the twin: cpu, cuda or auto.
        image_only: Whether observations are images alone.
        track: Whether to keep the ways, for pictures.
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
        track: bool = False,
    ):
        if engine not in ENGINES:
            raise UserError(f"engine is {engine!r}; it must be one of {ENGINES}")
        if episodes < 1:
            raise UserError(f"episodes is {episodes}; it must be at least 1")
        self.rules = rules = MazeRules(movement=movement, horizon=horizon)
        self.episodes = episodes
        self.mazes = _mazes(rooms, split, num_mazes, maze_seed)
        self.env = (
            TwinEnv(self.mazes, rules, num_envs, TwinSettings(device=device))
            if engine == "twin"
            else DoomPool(self.mazes, rules, num_envs)
        )
        image = spaces.Box(0, 255, (rules.obs_height, rules.obs_width, 3), np.uint8)
        self.observation_space: spaces.Space[Any] = image
        if not image_only:
            self.observation_space = spaces.Dict(
                image=image,
                prev_action=spaces.Discrete(NO_ACTION + 1),
                prev_reward=spaces.Box(-1, 1, (1,), np.float32),
                prev_done=spaces.Discrete(2),
            )
        self.action_space = spaces.Discrete(len(ACTION_NAMES))
        self.image_only = image_only
        self.over = np.ones(num_envs, bool)
        self.task = np.zeros(num_envs, np.int64)
        self.episode = np.zeros(num_envs, np.int64)
        self.lengths = np.zeros((num_envs, episodes), np.int64)
        self.successes = np.zeros((num_envs, episodes), bool)
        self._fed_back = {
            "prev_action": np.full(num_envs, NO_ACTION),
            "prev_reward": np.zeros((num_envs, 1), np.float32),
            "prev_done": np.zeros(num_envs, np.int64),
        }
        self._image = np.zeros((num_envs, *image.shape), np.uint8)
        self.paths: list[list[np.ndarray]] | None = [[] for _ in range(num_envs)] if track else None

    def begin(self, mask: np.ndarray, rngs: list[np.random.Generator]) -> None:
        """Begins a trial where `mask` [B]; copy b's maze is drawn from `rngs[b]`."""
        for copy in np.flatnonzero(mask):
            self.task[copy] = rngs[copy].integers(len(self.mazes))
        where = torch.from_numpy(mask).to(self.env.device)
        self.env.set_task(torch.from_numpy(self.task).to(self.env.device), where)
        self._see(self.env.reset(where))
        self.over[mask] = False
        self.episode[mask] = self.lengths[mask] = 0
        self.successes[mask] = False
        self._fed_back["prev_action"][mask] = NO_ACTION
        self._fed_back["prev_reward"][mask] = self._fed_back["prev_done"][mask] = 0
        self._track(mask, mask)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Takes an action [B] in each trial that is not over.

        Returns:
            [B] each: reward float64; whether the trial has ended, by itself and by the death of its
            engine; whether an episode has.
        """
        copies = np.arange(len(action))
        going = ~self.over
        result = self.env.step(torch.from_numpy(np.ascontiguousarray(action)).to(self.env.device))
        reward, terminated, truncated, crashed = (
            np.where(going, field.cpu().numpy(), 0) for field in result[1:]
        )
        terminated, truncated, crashed = (x.astype(bool) for x in (terminated, truncated, crashed))
        done = terminated | truncated
        at = copies, np.minimum(self.episode, self.episodes - 1)
        self.lengths[at] += going
        self.successes[at] |= terminated
        self.episode += done
        ended = done & (self.episode == self.episodes)
        self.over |= ended | crashed
        self._fed_back["prev_action"][going] = action[going]
        self._fed_back["prev_reward"][going, 0] = reward[going]
        self._fed_back["prev_done"][going] = done[going]
        again = done & ~self.over
        obs = result.obs
        if again.any():
            obs = self.env.reset(torch.from_numpy(again).to(self.env.device))
        self._see(obs)
        self._track(going, again)
        return reward.astype(np.float64), ended, crashed, done

    def observation(self) -> Any:
        """[B, ...] of each part, copies that nobody changes."""
        image = self._image.copy()
        if self.image_only:
            return image
        return {"image": image, **{name: x.copy() for name, x in self._fed_back.items()}}

    def maze(self, copy: int) -> Maze:
        """What a copy's trial is on."""
        return self.mazes[int(self.task[copy])]

    def close(self) -> None:
        """Ends the simulator; safe to call twice."""
        self.env.close()

    def _see(self, obs: torch.Tensor) -> None:
        self._image[...] = obs.cpu().numpy()

    def _track(self, moved: np.ndarray, afresh: np.ndarray) -> None:
        """Notes where the players are, on new ways where an episode begins."""
        if self.paths is None:
            return
        poses = self.env.poses.cpu().numpy()
        for copy in np.flatnonzero(moved):
            if afresh[copy]:
                self.paths[copy] = []
            self.paths[copy].append(poses[copy].copy())


@lru_cache(maxsize=8)
def _mazes(rooms: int, split: str, num_mazes: int, seed: int) -> MazeSet:
    """The set of mazes; environments made alike share it."""
    return MazeSet.draw(MazeTasks(rooms=rooms, split=split, num_mazes=num_mazes, seed=seed))
