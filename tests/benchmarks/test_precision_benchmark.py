"""Training in either precision is measured."""

import pytest
import torch

from rl2_mazes.benchmarks import precision
from rl2_mazes.benchmarks.harness.trainings import settings_of
from rl2_mazes.core.errors import UserError


def test_both_precisions_are_measured(monkeypatch):
    small = ("num_envs=4", "num_steps=50", "learner.num_minibatches=1", "learner.epochs=1")
    chosen = []

    def smaller(recipe, device, *changes):
        chosen.extend(changes)
        return settings_of(recipe, device, *small, *changes)

    monkeypatch.setattr(precision, "settings_of", smaller)
    found = precision.beside("demo", torch.device("cpu"), rounds=1)
    assert chosen == ["precision=float32", "precision=bfloat16"]
    for name in precision.NAMES:
        assert found[name]["steps_per_s"] > 0
    ratio = found["bfloat16"]["steps_per_s"] / found["float32"]["steps_per_s"]
    assert found["times_as_fast"] == pytest.approx(ratio, abs=0.02, rel=0.02)


@pytest.mark.parametrize("recipes", [["nothing"], ["bandit_long"], []])
def test_other_trainings_are_refused(recipes):
    with pytest.raises(UserError, match=r"recipes .*; it must name some of \['demo'"):
        precision.PrecisionConfig(recipes=recipes)


def test_figures_are_medians():
    iterations = [{"collect_seconds": c, "learn_seconds": x} for c, x in ((1, 2), (9, 1), (1, 3))]
    found = precision.figures_of(iterations, num_steps=12)
    assert found == {"steps_per_s": 3, "collect_seconds": 1, "learn_seconds": 2}
