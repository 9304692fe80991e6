"""One environment: `gymnasium.make`."""

from typing import Any

import gymnasium
import numpy as np

from ..rules import FORWARD, TURN_LEFT, TURN_RIGHT
from .batch import TrialBatch
from .options import chosen_mazes
from .picture import picture, require_render_mode

LEFT_ARROW, RIGHT_ARROW, UP_ARROW = 1073741904, 1073741903, 1073741906  # key codes of pygame
KEYS = {LEFT_ARROW: TURN_LEFT, RIGHT_ARROW: TURN_RIGHT, UP_ARROW: FORWARD}
KEYS |= {ord("a"): TURN_LEFT, ord("d"): TURN_RIGHT, ord("w"): FORWARD}


class MazeTrialEnv(gymnasium.Env):
    """A trial of K episodes on one maze, as one gymnasium episode.

    `reset(seed=...)` decides the mazes of all trials that follow, and `options={"maze": i}` the
    maze of one. `info` has always the same keys, see `mazes.gym.batch.TrialBatch.info`; its values
    are numpy arrays, of one environment.

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
        maze = chosen_mazes(options, 1, len(self._batch.mazes))
        self._batch.begin(np.ones(1, bool), [self.np_random], maze)
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        """Takes an action, see `mazes.rules`."""
        if self._batch.over[0] and not self._batch.closed:
            raise gymnasium.error.ResetNeeded("the trial is over, or none has begun; call reset()")
        reward, ended, crashed = self._batch.step([action])
        return self._observation(), float(reward[0]), bool(ended[0]), bool(crashed[0]), self._info()

    def render(self) -> np.ndarray | None:
        """Observation and map, see `mazes.gym.picture`."""
        if self.render_mode is None:
            return None
        return picture(self._batch, 0)

    def close(self) -> None:
        """Ends the simulator."""
        self._batch.close()

    def get_keys_to_action(self) -> dict[tuple[int, ...], int]:
        """Arrow keys, or a, d and w, for `gymnasium.utils.play.play(..., wait_on_player=True)`."""
        return {(key,): action for key, action in KEYS.items()}

    def _info(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(part[0]) for name, part in self._batch.info().items()}

    def _observation(self) -> Any:
        batch = self._batch.observation()
        if self._batch.image_only:
            return batch[0]
        return {
            name: np.int64(part[0]) if part.ndim == 1 else part[0] for name, part in batch.items()
        }
