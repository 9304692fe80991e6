import json
from pathlib import Path

import pytest

from rl2_mazes.benchmarks import house


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of one module."""

    def write(text, path="core/module.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        return Path(path)

    monkeypatch.setattr(house, "ROOT", tmp_path)
    return write


def test_docstrings_that_open_with_a_question_word_are_found(checkout):
    path = checkout('"""The module."""\n\n\ndef f():\n    """What it does."""\n')
    assert list(house.question_openings(path)) == ["core/module.py:4 What it does."]


def test_old_words_are_found_with_their_lines(checkout):
    path = checkout("# Number of environments.\n# It has 8 copies and copies the file.\n")
    assert list(house.old_words(path)) == ["core/module.py:2 copies -> environments"]


def test_the_last_line_is_the_figures(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["house"])
    house.main()
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(figures) == [
        "arrows",
        "upward",
        "most_files",
        "longest_file",
        "opening_words",
        "old_words",
        "tree_mb",
    ]
    assert figures["upward"] == figures["opening_words"] == figures["old_words"] == 0
