"""A function runs once another package has been imported, and never imports it."""

import importlib
import sys
from importlib.util import find_spec

import pytest

from rl2_mazes.core.imports.late_import import when_imported


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "late_package.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "late_package"
    sys.modules.pop("late_package", None)


def test_the_function_runs_after_the_import(package):
    seen = []
    when_imported(package, lambda: seen.append(sys.modules[package].value))
    assert package not in sys.modules
    assert find_spec(package) is not None
    assert seen == []
    module = importlib.import_module(package)
    assert seen == [1]
    assert type(module.__spec__.loader).__module__ == "_frozen_importlib_external"
    importlib.import_module(package)
    assert seen == [1]


def test_of_an_imported_package_it_runs_at_once(package):
    importlib.import_module(package)
    seen = []
    when_imported(package, lambda: seen.append(True))
    assert seen == [True]


def test_an_import_that_fails_is_as_before():
    when_imported("no_such_package_at_all", lambda: None)
    with pytest.raises(ModuleNotFoundError, match="no_such_package_at_all"):
        importlib.import_module("no_such_package_at_all")
    sys.meta_path.pop(0)
