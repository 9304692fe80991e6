"""Two sums give what one layer over both gives."""

import pytest
import torch
from torch import nn

from rl2_mazes.agents.networks.encoders import normalise_weights
from rl2_mazes.agents.networks.fusion import Fusion


@pytest.mark.parametrize("sizes", [[], [7], [7, 4]])
@pytest.mark.parametrize("weight_norm", [False, True])
def test_it_is_dense_layers_over_both_side_by_side(sizes, weight_norm):
    torch.manual_seed(0)
    joint = Fusion(5, 3, sizes)
    if weight_norm:
        normalise_weights(joint)
    for layer in joint:
        nn.init.normal_(layer.bias)
    seen, fed_back = torch.randn(6, 5), torch.randn(6, 3)
    expected = torch.cat((seen, fed_back), -1)
    for layer in joint:
        expected = (expected @ layer.weight.T + layer.bias).clamp(min=0)
    features = joint(joint.sum_seen(seen), joint.sum_fed_back(fed_back))
    torch.testing.assert_close(features, expected)
    assert features.shape == (6, joint.num_features)


def test_its_weights_are_named_as_a_sequence_of_layers():
    assert list(Fusion(5, 3, [7, 4]).state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
