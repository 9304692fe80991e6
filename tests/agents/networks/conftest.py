"""Networks of hundreds of units, without kernels for them."""

import pytest

from rl2_mazes.agents.memory.kernels import gru_numba


@pytest.fixture(autouse=True)
def no_compilation(monkeypatch):
    """Scans by torch's operations: numba takes seconds to compile for another number of units."""
    monkeypatch.setattr(gru_numba, "fits", lambda hidden_size: False)
