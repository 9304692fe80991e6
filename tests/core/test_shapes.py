"""Shapes that functions state are checked in tests."""

import sys

import pytest
import torch
from jaxtyping import TypeCheckError

from rl2_mazes.agents.learners.returns import decayed_sum
from rl2_mazes.core import shapes


def test_arguments_of_different_shapes_are_refused():
    assert decayed_sum(torch.ones(2, 3), torch.ones(2, 3)).shape == (2, 3)
    with pytest.raises(TypeCheckError):
        decayed_sum(torch.ones(2, 3), torch.ones(2, 4))


def test_every_module_that_states_shapes_is_checked():
    kinds = [getattr(shapes, name) for name in shapes.__all__]
    loaders = {
        type(module.__loader__).__name__
        for name, module in list(sys.modules.items())
        if name.startswith("rl2_mazes.") and module is not shapes
        and any(value is kind for value in vars(module).values() for kind in kinds)
    }  # fmt: skip
    assert loaders == {"_JaxtypingLoader"}
