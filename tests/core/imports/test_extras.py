"""A missing optional package: one line with the extra that installs it."""

import sys
import tomllib
from pathlib import Path

import pytest

from rl2_mazes.core import programs
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.imports.extras import EXTRAS, import_extra

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))


def test_every_extra_exists():
    assert set(EXTRAS.values()) <= PROJECT["project"]["optional-dependencies"].keys()


@pytest.mark.parametrize("name", EXTRAS)
def test_a_missing_package_names_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    says = rf"logger=x needs {name}, which .* pip install 'rl2-mazes\[{EXTRAS[name]}\]'"
    with pytest.raises(UserError, match=says):
        import_extra(f"{name}.something", "logger=x")


def test_a_package_of_no_extra_is_an_ordinary_error():
    with pytest.raises(ModuleNotFoundError):
        import_extra("rl2_mazes.nowhere", "x")


def test_a_program_that_needs_a_missing_package_ends_in_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    monkeypatch.delitem(sys.modules, "rl2_mazes.benchmarks.engine", raising=False)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(programs, "configure", lambda: None)
    with pytest.raises(SystemExit, match="2"):
        programs.run_benchmark(["engine"])
    assert capsys.readouterr().err == (
        "error: rl2 bench engine needs gymnasium, which is not installed: "
        "pip install 'rl2-mazes[gym]'\n"
    )
