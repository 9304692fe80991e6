"""The image encoder: its output size, and its accuracy in bfloat16."""

import pytest
import torch

from rl2_mazes.agents.networks.encoders import CHUNK, ImageEncoder, make_encoder
from rl2_mazes.agents.runtime.precision import in_bfloat16
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Spaces

CPU = torch.device("cpu")


def test_the_number_of_features_is_known():
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


def check_reduced(reduced, exact):
    for one, other in zip(reduced, exact, strict=True):
        one = one.cpu().float()
        assert (one - other).norm() < 0.05 * other.norm()  # bfloat16 has 8 bits


def test_bfloat16_convolutions_are_close_to_float32():
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    images = torch.randint(256, (64, 30, 40, 3), dtype=torch.uint8)
    exact = outputs_and_gradients(encoder, images)
    with in_bfloat16(CPU):
        reduced = outputs_and_gradients(encoder, images)
    assert reduced[0].dtype == torch.bfloat16
    assert {gradient.dtype for gradient in reduced[1:]} == {torch.float32}
    check_reduced(reduced, exact)


def test_many_images_are_convolved_in_parts():
    encoder = ImageEncoder((3, 4, 3), [[4, 2, 1]])
    images = torch.randint(256, (2 * CHUNK + 5, 3, 4, 3), dtype=torch.uint8)
    some = torch.arange(3, len(images), 97)
    torch.testing.assert_close(encoder(images)[some], encoder(images[some]))
    assert encoder(images[:0]).shape == (0, encoder.num_features)


def test_bfloat16_keeps_shades_apart():
    encoder = ImageEncoder((1, 1, 3), [[1, 1, 1]])
    with torch.no_grad():
        encoder.conv[0].weight.fill_(1 / 3)
        encoder.conv[0].bias.fill_(1.0)
    shades = torch.arange(256, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 1, 3)
    with in_bfloat16(CPU):
        out = encoder(shades)[:, 0]
    assert (out.diff() >= 0).all()
    assert out.unique().numel() > 200


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_close_to_the_cpu():
    encoder = ImageEncoder((30, 40, 3), [[16, 5, 2], [16, 5, 2]])
    images = torch.randint(256, (512, 30, 40, 3), dtype=torch.uint8)
    exact = outputs_and_gradients(encoder, images)
    check_reduced(outputs_and_gradients(encoder.cuda(), images.cuda()), exact)
    with in_bfloat16(torch.device("cuda")):
        check_reduced(outputs_and_gradients(encoder, images.cuda()), exact)


def test_spaces_without_observations_are_refused():
    with pytest.raises(UserError, match="neither image_shape nor num_states; give one of them"):
        make_encoder(Spaces(num_actions=2), [])
