"""A plug-in's suite and the first step of its environment: each mistake in one line."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.checked_suite import require_suite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import Spaces


@dataclass
class Stated:
    """Spaces and counts, as a suite states them."""

    spaces: Any = Spaces(2, num_states=3)  # noqa: RUF009
    horizon: Any = 5
    episodes_per_trial: Any = 2


class Broken(Stated):
    """Raises where it is read."""

    @property
    def spaces(self):
        raise KeyError("size")


class Returning(LeverEnv):
    """Levers, with other results of `reset` or `step`."""

    def __init__(self, reset=lambda obs: obs, step=lambda result: result):
        super().__init__(4)
        self._reset, self._step = reset, step

    def reset(self, mask):
        return self._reset(super().reset(mask))

    def step(self, action):
        no = torch.zeros(self.num_envs, dtype=torch.bool)
        return self._step(super().step(action)._replace(obs=LeverEnv.reset(self, no)))


def error_of(call, *arguments):
    with pytest.raises(UserError) as raised:
        call(*arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("spaces", None, "spaces is None; it must be a core.types.Spaces"),
        ("spaces", Spaces(0, num_states=3), "spaces.num_actions is 0; it must be a whole number"),
        ("spaces", Spaces(2), "spaces has neither of image_shape and num_states; give one"),
        ("spaces", Spaces(2, (3, 4, 3), 5), "spaces has both of image_shape and num_states"),
        ("spaces", Spaces(2, num_states=0), "spaces.num_states is 0; it must be a whole number"),
        ("spaces", Spaces(2, (3, 4)), "spaces.image_shape is (3, 4); it must be (height, width,"),  # type: ignore[arg-type]
        ("horizon", "abc", "horizon is 'abc'; it must be a whole number, at least 1"),
        ("episodes_per_trial", 0, "episodes_per_trial is 0; it must be a whole number"),
    ],
)
def test_what_a_suite_states_is_checked(key, value, message):
    error = error_of(require_suite, Stated(**{key: value}))
    assert error.startswith(f"suite {__name__}:Stated: {message}")


def test_a_suite_that_raises_is_named_with_the_place():
    error = error_of(require_suite, Broken.__new__(Broken))
    assert error.startswith(f"suite {__name__}:Broken: spaces raised KeyError: 'size' (")
    assert f"{__file__}, line " in error


def test_a_suite_that_is_right():
    require_suite(Stated())
    require_suite(Stated(Spaces(2, (3, 4, 3))))
    require_suite(BanditSuite())


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (Returning(lambda obs: obs.float()), "reset returned obs [4] of torch.float32; it must be"),
        (Returning(lambda obs: obs[:2]), "reset returned obs [2] of torch.int64; it must be"),
        (Returning(lambda obs: obs + 1), "reset returned states 1 .. 1; by its spaces they must"),
        (Returning(lambda obs: None), "reset returned obs NoneType; it must be a tensor [4] of"),
        (
            Returning(step=lambda result: result._replace(obs=result.obs - 1)),
            "step returned states -1 .. -1; by its spaces they must be in 0 .. 0",
        ),
        (
            Returning(step=lambda result: result._replace(reward=result.reward[:, None])),
            "step returned reward [4, 1] of torch.float32; it must be a tensor [4] of torch.float",
        ),
        (
            Returning(step=lambda result: result._replace(reward=result.reward.double())),
            "step returned reward [4] of torch.float64; it must be a tensor [4] of torch.float32",
        ),
        (
            Returning(step=lambda result: result._replace(reward=result.reward / 0)),
            "step returned a reward that is no finite number",
        ),
        (
            Returning(step=lambda result: result._replace(crashed=result.reward)),
            "step returned crashed [4] of torch.float32; it must be a tensor [4] of torch.bool",
        ),
        (Returning(step=tuple), "step returned tuple without obs; it must return a core.types."),
    ],
)
def test_the_first_step_is_checked(env, message):
    def play():
        trial = Trial(env, LeverSampler(), 2)
        trial.reset(seed=0)
        trial.step(torch.zeros(4, dtype=torch.int64))

    assert error_of(play).startswith(f"environment {__name__}:Returning: {message}")


def test_later_steps_are_not_checked():
    env = Returning()
    trial = Trial(env, LeverSampler(), 2)
    trial.reset(seed=0)
    trial.step(torch.zeros(4, dtype=torch.int64))
    env._step = lambda result: result._replace(reward=result.reward / 0)
    trial.step(torch.zeros(4, dtype=torch.int64))
