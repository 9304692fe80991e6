import pytest
import torch
from scipy import stats

from rl2_mazes.core.random.draws import FEW, beta, dirichlet, gamma


@pytest.mark.parametrize("shape", [0.3, 1.0, 1.5, 4.0, 300.0])
@pytest.mark.parametrize("num", [FEW - 1, 20_000])
def test_gamma_has_its_distribution(shape, num):
    draws = gamma(torch.full((num,), shape), torch.Generator().manual_seed(0))
    assert stats.kstest(draws.numpy(), stats.gamma(shape).cdf).pvalue > 1e-3


def test_gamma_depends_on_its_generator_alone():
    shape = torch.full((FEW,), 2.0)
    first = gamma(shape, torch.Generator().manual_seed(1))
    torch.manual_seed(99)
    assert torch.equal(first, gamma(shape, torch.Generator().manual_seed(1)))


def test_beta_and_dirichlet_have_their_moments():
    rng = torch.Generator().manual_seed(0)
    draws = beta(torch.full((20_000,), 3.0), torch.full((20_000,), 1.0), rng)
    assert stats.kstest(draws.numpy(), stats.beta(3, 1).cdf).pvalue > 1e-3
    probabilities = dirichlet(torch.tensor([1.0, 2.0, 5.0]).repeat(20_000, 1), rng)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(20_000))
    torch.testing.assert_close(
        probabilities.mean(0), torch.tensor([0.125, 0.25, 0.625]), atol=0.005, rtol=0
    )
