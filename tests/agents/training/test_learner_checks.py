"""Learners from outside: no method missing, and statistics that the log can hold."""

import numpy as np
import pytest
import torch

from rl2_mazes.agents.learners.base import NotFiniteError
from rl2_mazes.agents.training.learner_checks import (
    built_learner,
    checked_metrics,
    require_finite_metrics,
)
from rl2_mazes.core.errors import UserError


class Learner:
    def update(self, rollout): ...

    def state_dict(self): ...

    def load_state_dict(self, state): ...


class Stateless:
    def update(self, rollout): ...


def test_a_learner_has_all_methods():
    learner = Learner()
    assert built_learner(learner, None) is learner
    with pytest.raises(UserError, match="build returned Stateless, which has no method state_dict"):
        built_learner(Stateless(), None)
    with pytest.raises(UserError, match="build returned NoneType, which has no method update"):
        built_learner(None, None)


def test_numbers_of_any_kind_become_floats():
    metrics = checked_metrics({"a": 1, "b": np.float32(0.5), "c": 0.25}, {"d"}, Learner())
    assert metrics == {"a": 1.0, "b": 0.5, "c": 0.25}
    assert {type(value) for value in metrics.values()} == {float}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "learner Learner: update returned NoneType; it must return numbers by name"),
        ({"loss": torch.tensor(1.0)}, "update returned Tensor as 'loss'; .*say .item"),
        ({"loss": "x"}, "update returned str as 'loss'"),
        ({3: 1.0}, "update returned float as 3"),
        ({"steps": 1.0}, "update returned 'steps', which is a name in use; give it another"),
        ({"steps_per_s": 1.0}, "update returned 'steps_per_s', which is a name in use"),
        ({"trial_return": 1.0}, "update returned 'trial_return', which is a name in use"),
    ],
)
def test_anything_else_is_refused(returned, message):
    with pytest.raises(UserError, match=message):
        checked_metrics(returned, {"trial_return"}, Learner())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_ends_the_training(value):
    with pytest.raises(NotFiniteError, match="loss is NaN or infinite"):
        require_finite_metrics(checked_metrics({"loss": value}, (), Learner()))
