"""The notebook's code runs as it stands, without jupyter: cell by cell, with a short training."""

import json
import sys
from types import SimpleNamespace

from support.pages import ROOT

import rl2_mazes as rl2

FILE = ROOT / "examples" / "tutorial.ipynb"


def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    notebook = json.loads(FILE.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    cells = [each for each in notebook["cells"] if each["cell_type"] == "code"]
    assert all(each["outputs"] == [] for each in cells), "outputs are not committed"
    shown, filmed = [], []
    display = SimpleNamespace(Video=lambda path, embed: shown.append(path))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython.display", display)

    def film_trial(trials, index, path):  # the engine's films are tested elsewhere
        filmed.append((trials.length[index].tolist(), path))
        return path

    monkeypatch.setattr(rl2, "film_trial", film_trial, raising=False)
    monkeypatch.setenv("TUTORIAL_STEPS", "1")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for number, cell in enumerate(cells, 1):
        code = compile("".join(cell["source"]), f"{FILE.name}, code cell {number}", "exec")
        exec(code, namespace)
    out = capsys.readouterr().out
    assert "X" in out, "the maze is printed"
    assert "steps of episodes 1 and 2:" in out
    assert shown == [filmed[0][1]]
    assert "mean reward of 10 pulls:" in out
