"""A batch: `gymnasium.make_vec`. On the twin, all environments advance in one call."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from ...core.errors import UserError
from .batch import TrialBatch
from .picture import picture, require_render_mode


class MazeTrialVectorEnv(gymnasium.vector.VectorEnv):
    """B trials in parallel, each as in `mazes.gym.single.MazeTrialEnv`.

    The step after the end of a trial begins the next one; it ignores its action and its reward is 0
    (gymnasium's next-step autoreset). `reset(seed=s)` seeds environment b with s + b, so that a
    batch has the same mazes as single environments with those seeds.

    Args:
        num_envs: B.
        render_mode: None or rgb_array.
        settings: See `mazes.gym.batch.TrialBatch`.
    """

    metadata = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 9,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(self, num_envs: int = 1, render_mode: str | None = None, **settings: Any):
        require_render_mode(render_mode)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._batch = TrialBatch(num_envs, track=render_mode is not None, **settings)
        self.single_observation_space = self._batch.observation_space
        self.single_action_space = self._batch.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._rngs: list[np.random.Generator] | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict | None = None
    ) -> tuple[Any, dict]:
        """Begins a trial in every environment."""
        if seed is not None or self._rngs is None:
            self._rngs = [seeding.np_random(each)[0] for each in self._seeds(seed)]
        everyone = np.ones(self.num_envs, bool)
        self._batch.begin(everyone, self._rngs)
        return self._batch.observation(), self._info(~everyone, ~everyone)

    def step(self, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Takes an action [B] in each trial, or begins the next one."""
        if self._rngs is None:
            raise gymnasium.error.ResetNeeded("no trial has begun; call reset()")
        begins = self._batch.over.copy()
        reward, ended, crashed, done = self._batch.step(np.asarray(actions, dtype=np.int64))
        info = self._info(done, ended)
        if begins.any():
            self._batch.begin(begins, self._rngs)
            info["episode_index"][begins] = 0
        return self._batch.observation(), reward, ended, crashed, info

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Observation and map of each environment, see `mazes.gym.picture`."""
        if self.render_mode is None:
            return None
        return tuple(picture(self._batch, env) for env in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the simulator."""
        self._batch.close()

    def _seeds(self, seed: int | list[int | None] | None) -> list[int | None]:
        if isinstance(seed, int | np.integer):
            return [int(seed) + env for env in range(self.num_envs)]
        seeds: list[int | None] = [None] * self.num_envs if seed is None else list(seed)
        if len(seeds) != self.num_envs:
            raise UserError(
                f"seed has {len(seeds)} entries; there are {self.num_envs} environments"
            )
        return seeds

    def _info(self, done: np.ndarray, ended: np.ndarray) -> dict[str, np.ndarray]:
        """As in the single environment; `_name` is the mask of the entries that `name` holds."""
        batch = self._batch
        last = np.arange(self.num_envs), np.maximum(batch.episode - 1, 0)
        index = np.minimum(batch.episode, batch.lengths.shape[1] - 1)
        info = {"episode_index": index, "_episode_index": np.ones(self.num_envs, bool)}
        if done.any():
            info |= {"success": batch.successes[last] & done, "_success": done}
            info |= {"episode_length": batch.lengths[last] * done, "_episode_length": done}
        if ended.any():
            rows = ended[:, None]
            info |= {"lengths": batch.lengths * rows, "_lengths": ended}
            info |= {"successes": batch.successes & rows, "_successes": ended}
        return info
