import pytest
import torch
from levers import Levers

from agents.networks import ImageEncoder
from agents.rl2 import RL2Agent, RL2Settings
from agents.weights import assign, flatten, split_weights, unflatten
from trials.types import Spaces


def test_a_vector_goes_back_where_it_came_from_and_keeps_the_layout():
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


def test_a_copy_does_not_follow_the_weights():
    weights = [torch.zeros(3)]
    vector = flatten(weights)
    weights[0] += 1
    assert vector.tolist() == [0, 0, 0]


def test_with_a_shared_trunk_only_the_head_is_the_values_own():
    agent = Levers().agent
    policy, value = split_weights(agent)
    assert set(value) == {"value.weight", "value.bias"}
    assert policy.keys() | value.keys() == dict(agent.named_parameters()).keys()
    assert not policy.keys() & value.keys()


@pytest.mark.parametrize("image_shape", [None, (30, 40, 3)])
def test_whatever_is_seen(image_shape):
    spaces = Spaces(3, image_shape=image_shape, num_states=None if image_shape else 2)
    agent = RL2Agent(spaces, RL2Settings(dense_size=8, hidden_size=8))
    policy, value = split_weights(agent)
    assert set(value) == {"value.weight", "value.bias"}
    assert any(name.startswith("encoder.conv") for name in policy) == bool(image_shape)
