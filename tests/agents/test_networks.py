import pytest
import torch

from agents.networks import ImageEncoder, TrialGRU


@pytest.mark.parametrize("p_first", [0.0, 0.1, 0.5, 1.0])
def test_packed_recurrence_equals_the_step_loop(p_first):
    torch.manual_seed(0)
    gru = TrialGRU(5, 7)
    time, batch = 23, 6
    x = torch.randn(time, batch, 5)
    first = torch.rand(time, batch) < p_first
    carry = torch.randn(batch, 7)
    together = gru(x, first, carry)
    state, one_by_one = carry, []
    for t in range(time):
        state = gru.step(x[t], first[t], state)
        one_by_one.append(state)
    torch.testing.assert_close(together, torch.stack(one_by_one))


def test_gradients_stop_at_a_trials_first_step():
    gru = TrialGRU(2, 3)
    x = torch.randn(4, 1, 2, requires_grad=True)
    first = torch.tensor([[True], [False], [True], [False]])
    gru(x, first, torch.zeros(1, 3))[3].sum().backward()
    assert x.grad is not None
    assert x.grad[:2].abs().sum() == 0
    assert (x.grad[2:].abs().sum(-1) > 0).all()


def test_encoder_counts_its_features_and_keeps_the_range():
    encoder = ImageEncoder((30, 40, 3), [[16, 8, 4], [32, 4, 2]])
    out = encoder(torch.randint(256, (2, 30, 40, 3), dtype=torch.uint8))
    assert out.shape == (2, encoder.num_features) == (2, 32 * 2 * 3)


def test_convolutions_too_large_for_the_image_are_named():
    with pytest.raises(ValueError, match="too large"):
        ImageEncoder((4, 4, 3), [[16, 8, 4]])
