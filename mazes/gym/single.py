"""One environment: `gymnasium.make`."""

from typing import Any

import gymnasium
import numpy as np

from .batch import TrialBatch
from .picture import picture, require_render_mode


class MazeTrialEnv(gymnasium.Env):
    """A trial of K episodes on one maze, as one gymnasium episode.

    `reset(seed=...)` decides the mazes of all trials that follow. `info` holds `episode_index`,
    from 0, of the episode of the next action; after the end of an episode, `success` and
    `episode_length`; at the end of a trial, `lengths` [K] and `successes` [K].

    Args:
        render_mode: None or rgb_array.
        settings: See `mazes.gym.batch.TrialBatch`.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 9}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, **settings: Any):
        require_render_mode(render_mode)
        self.render_mode = render_mode
        self._batch = TrialBatch(1, track=render_mode is not None, **settings)
        self.observation_space = self._batch.observation_space
        self.action_space = self._batch.action_space

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[Any, dict]:
        """Begins a trial."""
        super().reset(seed=seed)
        self._batch.begin(np.ones(1, bool), [self.np_random])
        return self._observation(), {"episode_index": 0}

    def step(self, action: int | np.integer) -> tuple[Any, float, bool, bool, dict]:
        """Takes an action, see `mazes.rules`."""
        if self._batch.over[0]:
            raise gymnasium.error.ResetNeeded("the trial is over, or none has begun; call reset()")
        reward, ended, crashed, done = self._batch.step(np.array([action]))
        episode = int(self._batch.episode[0])
        info: dict[str, Any] = {"episode_index": min(episode, len(self._batch.lengths[0]) - 1)}
        if done[0]:
            info["success"] = bool(self._batch.successes[0, episode - 1])
            info["episode_length"] = int(self._batch.lengths[0, episode - 1])
        if ended[0]:
            info["lengths"] = self._batch.lengths[0].copy()
            info["successes"] = self._batch.successes[0].copy()
        return self._observation(), float(reward[0]), bool(ended[0]), bool(crashed[0]), info

    def render(self) -> np.ndarray | None:
        """Observation and map, see `mazes.gym.picture`."""
        if self.render_mode is None:
            return None
        return picture(self._batch, 0)

    def close(self) -> None:
        """Ends the simulator."""
        self._batch.close()

    def _observation(self) -> Any:
        batch = self._batch.observation()
        if self._batch.image_only:
            return batch[0]
        return {
            name: np.int64(part[0]) if part.ndim == 1 else part[0] for name, part in batch.items()
        }
