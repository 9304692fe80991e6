import pytest
import torch

from agents.networks import ImageEncoder


def test_encoder_counts_its_features_and_keeps_the_range():
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    out = encoder(torch.randint(256, (2, 30, 40, 3), dtype=torch.uint8))
    assert out.shape == (2, encoder.num_features) == (2, 32 * 2 * 3)


def test_convolutions_too_large_for_the_image_are_named():
    with pytest.raises(ValueError, match="too large"):
        ImageEncoder((4, 4, 3), [[16, 8, 4]])
