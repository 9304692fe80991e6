"""Without Triton, kernels of a GPU are refused with a remedy."""

import sys

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.imports.kernels import import_kernels


@pytest.mark.parametrize(
    "name", ["rl2_mazes.agents.memory.kernels.gru_triton", "rl2_mazes.mazes.twin.gpu.kernel"]
)
def test_without_triton(name, monkeypatch):
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "triton", None)
    with pytest.raises(UserError, match=f"{name} needs triton.* pip install triton"):
        import_kernels(name)


def test_other_modules_that_are_missing_are_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_kernels("no_such_module")
