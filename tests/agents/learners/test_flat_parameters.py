"""Flat vectors of weights, and the split into weights of policy and value."""

from typing import Any

import pytest
import torch

from rl2_mazes.agents.learners.flat_parameters import assign, flatten, split_weights, unflatten
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.encoders import ImageEncoder
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.types import Spaces


def test_assign_inverts_flatten_and_keeps_the_layout():
    encoder = ImageEncoder((30, 40, 3), [[4, 5, 2]])  # channels-last: a view would not do
    weights = list(encoder.parameters())
    layouts = [weight.stride() for weight in weights]
    before = [weight.detach().clone() for weight in weights]
    vector = flatten(weights)
    assert vector.shape == (sum(weight.numel() for weight in weights),)
    assert not vector.requires_grad
    assign(weights, 2 * vector)
    for weight, old, layout in zip(weights, before, layouts, strict=True):
        assert torch.equal(weight, 2 * old)
        assert weight.stride() == layout
    back = unflatten(vector, weights)
    assert all(torch.equal(x, old) for x, old in zip(back, before, strict=True))


def test_a_flat_vector_does_not_follow_the_weights():
    weights = [torch.zeros(3)]
    vector = flatten(weights)
    weights[0] += 1
    assert vector.tolist() == [0, 0, 0]


BANDIT, MAZE = Spaces(3, num_states=1), Spaces(3, image_shape=(30, 40, 3))
RELU = GRUSettings(hidden_size=8, candidate_activation="relu")
SMALL: dict[str, Any] = {"dense_size": 8, "feedback_size": 4, "memory": GRUSettings(hidden_size=8)}


@pytest.mark.parametrize("spaces", [BANDIT, MAZE], ids=["bandit", "maze"])
@pytest.mark.parametrize(
    "more", [{}, {"weight_norm": True, "skip_connection": False, "memory": RELU}]
)
def test_with_a_shared_trunk_only_the_head_is_the_values(spaces, more):
    agent = RL2Agent(spaces, RL2Settings(**(SMALL | more)))
    policy, value = split_weights(agent)
    assert set(value) == {"value.weight", "value.bias"}
    assert policy.keys() | value.keys() == dict(agent.named_parameters()).keys()
    assert not policy.keys() & value.keys()


def test_a_separate_memory_is_the_values():
    agent = RL2Agent(BANDIT, RL2Settings(**SMALL, separate_value=True))
    policy, value = split_weights(agent)
    assert {name.split(".")[0] for name in value} == {"value", "value_memory"}
    assert {name.split(".")[0] for name in policy} == {"dense", "feedback", "memory", "policy"}


def test_splitting_draws_nothing_from_the_global_generator():
    agent = RL2Agent(BANDIT, RL2Settings(**SMALL))
    before = torch.get_rng_state()
    split_weights(agent)
    assert torch.equal(torch.get_rng_state(), before)
