"""A batch: `gymnasium.make_vec`. On the twin, all environments advance in one call."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space, iterate

from ...core.errors import UserError
from .batch import TrialBatch
from .options import chosen_envs, chosen_mazes
from .picture import picture, require_render_mode


class MazeTrialVectorEnv(gymnasium.vector.VectorEnv):
    """B trials in parallel, each as in `mazes.gym.single.MazeTrialEnv`.

    `reset(seed=s)` seeds environment b with s + b, so that a batch has the same mazes as single
    environments with those seeds. `reset(options={"reset_mask": mask})`, [B] bool, begins a trial
    only there, and `options={"maze": i}` chooses the mazes.

    Args:
        num_envs: B.
        render_mode: None or rgb_array.
        autoreset_mode: As in gymnasium. `NextStep`: the step after the end of a trial begins the
            next one; it ignores its action and its reward is 0. `SameStep`: the step that ends a
            trial begins the next one; the last observation and info are in `info`, as `final_obs`
            and `final_info`. `Disabled`: `reset` with a mask begins it.
        settings: See `mazes.gym.batch.TrialBatch`.
    """

    metadata = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 9,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **settings: Any,
    ):
        require_render_mode(render_mode)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._mode = _mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._mode}
        self._batch = TrialBatch(num_envs, track=render_mode is not None, **settings)
        self.single_observation_space = self._batch.observation_space
        self.single_action_space = self._batch.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._rngs: list[np.random.Generator] | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict | None = None
    ) -> tuple[Any, dict]:
        """Begins a trial in every environment, or in those of `options["reset_mask"]`."""
        everyone = np.ones(self.num_envs, bool)
        mask = chosen_envs(options, self.num_envs)
        maze = chosen_mazes(options, self.num_envs, len(self._batch.mazes))
        if self._rngs is None:
            if mask is not None and not mask.all():
                raise gymnasium.error.ResetNeeded("the first reset() must have no reset_mask")
            self._rngs = [seeding.np_random(each)[0] for each in self._seeds(seed)]
        elif seed is not None:
            seeds = self._seeds(seed)
            for env in np.flatnonzero(everyone if mask is None else mask):
                self._rngs[env] = seeding.np_random(seeds[env])[0]
        self._batch.begin(everyone if mask is None else mask, self._rngs, maze)
        return self._batch.observation(), _with_masks(self._batch.info(), everyone)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Takes an action [B] in each trial, or begins the next one."""
        if self._rngs is None:
            raise gymnasium.error.ResetNeeded("no trial has begun; call reset()")
        batch = self._batch
        before = batch.over.copy()
        if self._mode is AutoresetMode.DISABLED and before.any():
            raise gymnasium.error.ResetNeeded(
                f"the trials of environments {np.flatnonzero(before).tolist()} are over; call "
                'reset(options={"reset_mask": ...})'
            )
        reward, ended, crashed = batch.step(actions)
        everyone = np.ones(self.num_envs, bool)
        final = {}
        if self._mode is AutoresetMode.SAME_STEP and batch.over.any():
            over = batch.over.copy()
            final = {"final_obs": self._each(over), "_final_obs": over}
            final |= {"final_info": _with_masks(batch.info(), over), "_final_info": over}
            batch.begin(over, self._rngs)
        elif before.any():
            batch.begin(before, self._rngs)
        info = {**_with_masks(batch.info(), everyone), **final}
        return batch.observation(), reward, ended, crashed, info

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

    def _each(self, mask: np.ndarray) -> np.ndarray:
        """Observations of environments where `mask`, None elsewhere, [B] object."""
        obs = np.full(self.num_envs, None, dtype=object)
        batch = list(iterate(self.observation_space, self._batch.observation()))
        for env in np.flatnonzero(mask):
            obs[env] = batch[env]
        return obs


def _with_masks(info: dict[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Zeros outside the mask, and the mask of the entries that `name` holds as `_name`."""
    if not mask.all():
        info = {name: part.copy() for name, part in info.items()}
        for part in info.values():
            part[~mask] = 0
    return info | {f"_{name}": mask.copy() for name in info}


def _mode(given: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(given)
    except ValueError as error:
        names = ", ".join(mode.value for mode in AutoresetMode)
        raise UserError(f"autoreset_mode is {given!r}; it must be one of {names}") from error
