"""The Python code of README.md and docs/ runs as it stands, page by page."""

import re
import sys
from types import ModuleType

import pytest
from support.pages import ROOT, blocks, pages

FILE = re.compile(r"# ((?:[\w-]+/)+[\w-]+)\.py\n")  # first line of a block that is a new file
PAGES = [page for page in pages() if blocks(page, "python")]


def run_as_file(text, path, where):
    """Run code as the module of the package that a file at `path` would be."""
    name = "rl2_mazes." + path.replace("/", ".")
    module = sys.modules[name] = ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    exec(compile(text, where, "exec", dont_inherit=True), module.__dict__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_runs(page, tmp_path, monkeypatch, own_registries, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if match := FILE.match(block.text):
            run_as_file(block.text, match[1], where)
        else:
            exec(compile(block.text, where, "exec", dont_inherit=True), namespace)


def test_readme_is_about_a_thousand_words():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1200


def test_the_readme_has_a_snippet():
    assert ROOT / "README.md" in PAGES
