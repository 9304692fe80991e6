import pytest
import torch

from agents.networks import ImageEncoder
from agents.rl2 import RL2Agent, RL2Settings
from trials.types import Spaces


def test_encoder_counts_its_features_and_keeps_the_range():
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    out = encoder(torch.randint(256, (2, 30, 40, 3), dtype=torch.uint8))
    assert out.shape == (2, encoder.num_features) == (2, 32 * 2 * 3)


def test_convolutions_too_large_for_the_image_are_named():
    with pytest.raises(ValueError, match="too large"):
        ImageEncoder((4, 4, 3), [[16, 8, 4]])


@pytest.mark.parametrize("skip", [False, True])
def test_heads_of_their_own_may_look_up_what_is_remembered_of_a_state(skip):
    torch.manual_seed(0)
    settings = RL2Settings(hidden_size=8, head_size=6, skip=skip)
    agent = RL2Agent(Spaces(num_actions=3, num_states=4), settings)
    policy_reads, value_reads = agent.policy.in_features, agent.value.in_features
    assert (policy_reads, value_reads) == (6, 6)
    features, hidden = torch.randn(5, 192), torch.randn(5, 8)
    value = agent._heads(features, hidden)[1]
    value.sum().backward()
    assert isinstance(agent.look_up, torch.nn.Sequential)
    gradient = agent.look_up[0].weight.grad
    assert gradient[:6].abs().sum() == 0  # the policy's half
    assert gradient[6:].abs().sum() > 0
