"""The compiled row operations equal the reference in torch, gradients too."""

import pytest
import torch

from rl2_mazes.agents.networks.exchangeable import rows

NUM_ROWS, NUM_STEPS, NUM_ITEMS, WIDTH, EXTRA = 7, 5, 4, 9, 2


def inputs() -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    index = torch.randint(NUM_ROWS, (NUM_STEPS, NUM_ITEMS), generator=rng)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=rng, dtype=torch.float64)

    return {
        "table": normal(NUM_ROWS, WIDTH),
        "index": index,
        "context": normal(NUM_STEPS, WIDTH),
        "score": normal(WIDTH),
        "extra": normal(NUM_STEPS, NUM_ITEMS, EXTRA),
        "weight": normal(EXTRA, WIDTH),
    }


OPERATIONS = {
    "pool_rows": ("table", "index"),
    "score_rows": ("table", "index", "context", "score"),
    "pool_hidden": ("table", "index", "extra", "weight", "context"),
}
WITHOUT_GRADIENT = ("index", "extra")


def results(name: str, dtype: torch.dtype) -> list[torch.Tensor]:
    """Outputs, and gradients of a sum of them weighted at random."""
    values = {
        key: x if key == "index" else x.to(dtype).requires_grad_(key not in WITHOUT_GRADIENT)
        for key, x in inputs().items()
    }
    arguments = [values[key] for key in OPERATIONS[name]]
    outputs = getattr(rows, name)(*arguments)
    outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
    rng = torch.Generator().manual_seed(1)
    total = sum(
        (x * torch.randn(x.shape, generator=rng, dtype=torch.float64)).sum() for x in outputs
    )
    wanted = [x for x in arguments if x.requires_grad]
    return outputs + list(torch.autograd.grad(total, wanted))


@pytest.mark.parametrize("name", OPERATIONS)
def test_compiled_equals_reference(name):
    # In double precision the reference runs.
    for ours, reference in zip(
        results(name, torch.float32), results(name, torch.float64), strict=True
    ):
        torch.testing.assert_close(ours.double(), reference, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", OPERATIONS)
def test_nan_reaches_an_output(name):
    values = {key: x if key == "index" else x.float() for key, x in inputs().items()}
    row = values["index"][2, 1]
    values["table"][row] = torch.nan
    outputs = getattr(rows, name)(*(values[key] for key in OPERATIONS[name]))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert outputs[0][2].isnan().any()
