"""Check a plug-in's suite and its first step, so that a mistake is named and not learnt.

Suites of the project have tests instead. A check at every step would take longer than some steps.
"""

from numbers import Integral
from typing import Any

import torch

from .errors import UserError, described
from .forms.tensor import misfit
from .registries.registry import dotted_name, is_own
from .types import EnvStep, Spaces

FLAGS = ("terminated", "truncated", "crashed")


def require_suite(suite: Any) -> None:
    """Raise unless a suite states its spaces, and counts of steps and episodes.

    Raises:
        UserError: It does not; the message names the suite.
    """
    if is_own(type(suite)):
        return
    name = f"suite {dotted_name(type(suite))}"
    _require_spaces(name, _read(name, suite, "spaces"))
    for key in ("horizon", "episodes_per_trial"):
        if not _is_count(value := _read(name, suite, key)):
            raise UserError(f"{name}: {key} is {value!r}; it must be a whole number, at least 1")


class FirstStep:
    """Checks of an environment's first observations and of its first step.

    Args:
        env: See `core.types.BatchedEnv`.

    Raises:
        UserError: Its spaces are wrong; the message names the environment.
    """

    def __init__(self, env: Any):
        self._env = env
        self._name = f"environment {dotted_name(type(env))}"
        _require_spaces(self._name, getattr(env, "spaces", None))

    def require_obs(self, method: str, obs: Any) -> None:
        """Raise a `UserError` unless observations are those of the spaces."""
        spaces, size = self._env.spaces, self._env.num_envs
        if spaces.image_shape is not None:
            self._require(method, "obs", obs, (size, *spaces.image_shape), torch.uint8)
            return
        self._require(method, "obs", obs, (size,), torch.int64)
        if ((obs < 0) | (obs >= spaces.num_states)).any():
            found = f"{int(obs.min())} .. {int(obs.max())}"
            raise UserError(
                f"{self._name}: {method} returned states {found}; by its spaces they must be in "
                f"0 .. {spaces.num_states - 1}"
            )

    def require_step(self, result: Any) -> None:
        """Raise a `UserError` unless a step has all results in the right form."""
        if missing := [each for each in EnvStep._fields if not hasattr(result, each)]:
            raise UserError(
                f"{self._name}: step returned {type(result).__name__} without {missing[0]}; it "
                "must return a core.types.EnvStep"
            )
        size = (self._env.num_envs,)
        self.require_obs("step", result.obs)
        self._require("step", "reward", result.reward, size, torch.float32)
        for each in FLAGS:
            self._require("step", each, getattr(result, each), size, torch.bool)
        if not result.reward.isfinite().all():
            raise UserError(f"{self._name}: step returned a reward that is no finite number")

    def _require(
        self, method: str, key: str, value: Any, shape: tuple[int, ...], dtype: torch.dtype
    ) -> None:
        if wrong := misfit(value, shape, dtype):
            raise UserError(f"{self._name}: {method} returned {key} {wrong}")


def _require_spaces(name: str, spaces: Any) -> None:
    if not isinstance(spaces, Spaces):
        raise UserError(f"{name}: spaces is {spaces!r}; it must be a core.types.Spaces")
    if not _is_count(spaces.num_actions):
        raise UserError(
            f"{name}: spaces.num_actions is {spaces.num_actions!r}; it must be a whole number, at "
            "least 1"
        )
    image, states = spaces.image_shape, spaces.num_states
    if (image is None) == (states is None):
        both = "neither" if image is None else "both"
        raise UserError(f"{name}: spaces has {both} of image_shape and num_states; give one")
    if states is not None and not _is_count(states):
        raise UserError(
            f"{name}: spaces.num_states is {states!r}; it must be a whole number, at least 1"
        )
    sides = image if isinstance(image, tuple | list) else ()
    if image is not None and not (len(sides) == 3 and all(map(_is_count, sides))):
        raise UserError(
            f"{name}: spaces.image_shape is {image!r}; it must be (height, width, channels)"
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _read(name: str, suite: Any, key: str) -> Any:
    try:
        return getattr(suite, key)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{name}: {key} raised {described(error)}") from error
