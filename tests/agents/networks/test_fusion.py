"""The fusion MLP equals dense layers over the concatenation of its inputs."""

import pytest
import torch
from torch import nn

from rl2_mazes.agents.networks.fusion import FusionMLP
from rl2_mazes.agents.networks.layers import normalise_weights


@pytest.mark.parametrize("sizes", [[], [7], [7, 4]])
@pytest.mark.parametrize("weight_norm", [False, True])
def test_projections_of_both_inputs_add_up_to_dense_layers_over_both(sizes, weight_norm):
    torch.manual_seed(0)
    fusion = FusionMLP(5, 3, sizes)
    if weight_norm:
        normalise_weights(fusion)
    for layer in fusion:
        nn.init.normal_(layer.bias)
    observation, feedback = torch.randn(6, 5), torch.randn(6, 3)
    expected = torch.cat((observation, feedback), -1)
    for layer in fusion:
        expected = (expected @ layer.weight.T + layer.bias).clamp(min=0)
    features = fusion(fusion.project_observation(observation), fusion.project_feedback(feedback))
    torch.testing.assert_close(features, expected)
    assert features.shape == (6, fusion.num_features)


def test_weights_are_named_as_in_a_sequence_of_layers():
    names = list(FusionMLP(5, 3, [7, 4]).state_dict())
    assert names == ["0.weight", "0.bias", "1.weight", "1.bias"]
