"""Fisher products against exact matrices, and conjugate gradients against direct solutions."""

import pytest
import torch
from support.exact_fisher import exact_fisher
from support.levers import DUAN2016, SMALL, Levers, stir
from torch import nn
from torch.func import functional_call

from rl2_mazes.agents.learners.flat_parameters import flatten, split_weights, unflatten
from rl2_mazes.agents.learners.natural_gradient import Fisher, conjugate_gradient
from rl2_mazes.agents.learners.surrogate import mean_kl


class Recurrent(nn.Module):
    """A policy of three actions over two recurrent units: smooth, with a small Hessian."""

    def __init__(self):
        super().__init__()
        self.into = nn.Linear(2, 2)
        self.back = nn.Linear(2, 2)
        self.out = nn.Linear(2, 3)

    def forward(self, x, carry):
        outputs = []
        for each in x:
            carry = torch.tanh(self.into(each) + self.back(carry))
            outputs.append(self.out(carry))
        return torch.stack(outputs).log_softmax(-1), carry


def test_product_equals_the_hessian_of_the_mean_divergence():
    torch.manual_seed(0)
    policy = Recurrent().double()
    x, carry = torch.randn(4, 3, 2).double(), torch.randn(3, 2).double()
    weights = dict(policy.named_parameters())
    old = policy(x, carry)[0].detach()

    def divergence(vector):
        changed = dict(zip(weights, unflatten(vector, weights.values()), strict=True))
        return mean_kl(old, functional_call(policy, changed, (x, carry))[0])

    hessian = torch.autograd.functional.hessian(divergence, flatten(weights.values()))
    assert isinstance(hessian, torch.Tensor)
    fisher = Fisher(policy, weights, (x, carry), difference=1e-4)
    for vector in torch.randn(5, len(hessian)).double() * 10:
        torch.testing.assert_close(fisher(vector), hessian @ vector, rtol=1e-6, atol=1e-7)


def test_products_leave_the_weights_unchanged():
    levers = Levers()
    rollout = levers()
    before = flatten(levers.agent.parameters())
    policy_weights, _ = split_weights(levers.agent)
    fisher = Fisher(levers.agent, policy_weights, (rollout.timesteps, rollout.carry))
    fisher(torch.ones_like(fisher.centre))
    assert torch.equal(flatten(levers.agent.parameters()), before)
    assert all(weight.grad is None for weight in levers.agent.parameters())


def test_conjugate_gradient_equals_a_direct_solution():
    torch.manual_seed(0)
    root, b = torch.randn(8, 8).double(), torch.randn(8).double()
    matrix = root @ root.T + torch.eye(8)
    x = conjugate_gradient(lambda v: matrix @ v, b, 20, tolerance=1e-10)
    torch.testing.assert_close(x, torch.linalg.solve(matrix, b))


def test_conjugate_gradient_stopped_early_has_an_orthogonal_residual():
    torch.manual_seed(0)
    root, b = torch.randn(8, 8).double(), torch.randn(8).double()
    matrix = root @ root.T + torch.eye(8)
    products = []
    x = conjugate_gradient(lambda v: products.append(v) or matrix @ v, b, 3)
    assert len(products) == 3
    residual = b - matrix @ x
    assert residual.norm() > 1e-3
    assert abs(float(x @ residual)) < 1e-9


@pytest.mark.parametrize("b", [[0.0, 0.0], [torch.nan, 1.0]])
def test_zero_and_nan_give_zero(b):
    x = conjugate_gradient(lambda v: pytest.fail("no product is needed"), torch.tensor(b), 10)
    assert x.tolist() == [0, 0]


def test_differences_alone_are_taken_in_full_precision(monkeypatch):
    found = []

    class Spy(Recurrent):
        def forward(self, x, carry):
            found.append((torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()))
            return super().forward(x, carry)

    policy = Spy()
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    torch.set_float32_matmul_precision("high")
    try:
        fisher = Fisher(
            policy, dict(policy.named_parameters()), (torch.randn(4, 3, 2), torch.randn(3, 2))
        )
        fisher(torch.ones_like(fisher.centre))
        assert found == [(True, "high"), (False, "highest"), (False, "highest")]
        assert torch.backends.cudnn.allow_tf32
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize("settings", [SMALL, DUAN2016], ids=["ours", "duan2016"])
def test_product_for_the_agent_in_float32(settings):
    levers = Levers(settings=settings)
    stir(levers.agent)
    levers(3)
    rollout = levers(5)  # starts inside a trial
    dense = exact_fisher(levers.agent, rollout)
    policy_weights, _ = split_weights(levers.agent)
    fisher = Fisher(levers.agent, policy_weights, (rollout.timesteps, rollout.carry))
    torch.manual_seed(0)
    for vector in torch.randn(3, len(dense)):
        exact = dense @ vector.double()
        for _ in range(2):  # the graph is kept
            found = fisher(vector).double()
            assert (found - exact).norm() < 0.01 * exact.norm()
    assert fisher(torch.zeros(len(dense))).norm() == 0
