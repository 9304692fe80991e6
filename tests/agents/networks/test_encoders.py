import pytest
import torch

from rl2_mazes.agents.networks import encoders
from rl2_mazes.agents.networks.encoders import ImageEncoder


def test_encoder_counts_its_features_and_keeps_the_range():
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    out = encoder(torch.randint(256, (2, 30, 40, 3), dtype=torch.uint8))
    assert out.shape == (2, encoder.num_features) == (2, 32 * 2 * 3)


def test_convolutions_too_large_for_the_image_are_named():
    with pytest.raises(ValueError, match="too large"):
        ImageEncoder((4, 4, 3), [[16, 8, 4]])


def outputs_and_gradients(encoder, images):
    encoder.zero_grad()
    out = encoder(images)
    out.square().mean().backward()
    return [out.detach(), *(p.grad.clone() for p in encoder.parameters())]


def check_shortened(shortened, exact):
    for one, other in zip(shortened, exact, strict=True):
        assert one.dtype == other.dtype == torch.float32
        one = one.cpu()
        assert (one - other).norm() < 0.05 * other.norm()  # bfloat16 has 8 bits


def test_shortened_convolutions_are_nearly_the_same(monkeypatch):
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    images = torch.randint(256, (64, 30, 40, 3), dtype=torch.uint8)
    exact = outputs_and_gradients(encoder, images)
    monkeypatch.setattr(encoders, "may_shorten", lambda device: True)
    check_shortened(outputs_and_gradients(encoder, images), exact)


def test_shortened_images_keep_their_shades_apart(monkeypatch):
    monkeypatch.setattr(encoders, "may_shorten", lambda device: True)
    encoder = ImageEncoder((1, 1, 3), [[1, 1, 1]])
    with torch.no_grad():
        encoder.conv[0].weight.fill_(1 / 3)
        encoder.conv[0].bias.fill_(1.0)
    shades = torch.arange(256, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 1, 3)
    out = encoder(shades)[:, 0]
    assert (out.diff() >= 0).all()
    assert out.unique().numel() > 200


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_nearly_as_on_the_cpu():
    encoder = ImageEncoder((30, 40, 3), [[16, 5, 2], [16, 5, 2]])
    images = torch.randint(256, (512, 30, 40, 3), dtype=torch.uint8)
    exact = outputs_and_gradients(encoder, images)
    check_shortened(outputs_and_gradients(encoder.cuda(), images.cuda()), exact)
