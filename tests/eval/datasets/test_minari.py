"""Data sets as Minari datasets; skipped without Minari."""

import sys

import numpy as np
import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.datasets.minari import ROOT, export, require_minari


def test_minari_reads_what_was_recorded(tmp_path, dataset, monkeypatch):
    minari = pytest.importorskip("minari", reason="pip install 'rl2-mazes[minari]'")
    pytest.importorskip("h5py", reason="pip install 'rl2-mazes[minari]'")
    export(dataset, tmp_path, "rl2/grid_small/explorer-v0")
    monkeypatch.setenv(ROOT, str(tmp_path))
    read = minari.load_dataset("rl2/grid_small/explorer-v0")
    assert read.total_steps == dataset.card.steps
    for episode, trial in zip(read.iterate_episodes(), dataset, strict=True):
        assert (episode.observations["image"][:-1] == trial.observation).all()
        assert (episode.actions == trial.action).all()
        assert episode.observations["prev_action"].tolist() == [3, *trial.action.tolist()]
        ends = trial.terminated | trial.truncated
        assert episode.observations["prev_done"][1:].tolist() == ends.tolist()
        assert np.flatnonzero(episode.terminations).tolist() == [len(trial.action) - 1]


def test_without_minari_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "minari", None)  # importing it fails
    with pytest.raises(UserError, match=r"needs minari, .*pip install 'rl2-mazes\[minari\]'"):
        require_minari()
