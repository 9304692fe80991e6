"""A metric's mistake ends in one line that names it, and costs no earlier evaluation."""

import json

import numpy as np
import pytest
import torch
from support.programs import run
from support.recorded import log_of_lengths as log

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.forms.metric import RESERVED
from rl2_mazes.core.metrics import METRICS, Metric
from rl2_mazes.eval.metrics.checked import checked_figures
from rl2_mazes.eval.metrics.summary import summary

NAN = float("nan")


def figures(result, interval=None):
    metric = Metric("mine", "my figure", "ratio", None, lambda rng: result, interval=interval)
    return checked_figures(metric, (), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("result", "interval"),
    [
        ("high", None),
        (True, None),
        (NAN, None),
        ((0.5, (0.0, 1.0)), None),
        (np.zeros(3), None),
        (0.5, "Student"),
        ((0.5, 0.0, 1.0), "Student"),
        ((0.5, 1.0), "Student"),
        ((0.5, (0.0, NAN)), "Student"),
        ((0.5, (1.0, 0.0)), "Student"),
        ((0.5, (0.0, None)), "Student"),
        ((float("inf"), None), "Student"),
        ((np.zeros(3), (0.0, 1.0)), "Student"),
        ((0.5, np.zeros((2, 2))), "Student"),
    ],
)
def test_what_a_metric_may_not_return(result, interval):
    form = (
        "a finite number, or None"
        if interval is None
        else r"\(value, \(low, high\)\), by interval=Student"
    )
    with pytest.raises(UserError, match=rf"metric mine returned .*; it must return {form}"):
        figures(result, interval)


def test_numbers_of_numpy_and_torch_become_pythons():
    found = figures((np.float32(0.5), np.array([0, 1], dtype=np.float32)), "Student")
    assert json.loads(json.dumps(found)) == {"mine": 0.5, "mine_ci": [0, 1]}
    assert type(figures(np.int64(3))["mine"]) is int
    assert figures(torch.tensor(0.25)) == {"mine": 0.25}
    assert figures((None, None), "bootstrap") == {"mine": None, "mine_ci": None}


def test_a_metric_may_not_change_the_trials(monkeypatch):
    def mine(episode, rng):
        episode.length[:] = 1

    metric = Metric("mine", "my figure", "ratio", None, mine)
    monkeypatch.setattr(METRICS, "_entries", METRICS.all() | {"mine": metric})
    with pytest.raises(UserError, match="metric mine raised ValueError: assignment destination is"):
        summary(log([[4, 6]]))


EVAL = "rl2_mazes.eval.evaluate"
FEW = ("agent=pretrained/grid_small", "engine=twin", "num_trials=4", "video=false")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_earlier_evaluation_stays_as_it_was(outside):
    """Also where the metric has the name of one of ours, which shows before the trials are run."""
    head = "from rl2_mazes.core.metrics import METRICS\n\n\n"
    head += "@METRICS.metric('{}', 'my figure', 'ratio')\ndef mine(episode, rng):\n    return {}\n"
    (outside / "raising.py").write_text(head.format("mine", "1 / 0"))
    (outside / "clashing.py").write_text(head.format("success", "1.0"))
    run(outside, EVAL, *FEW, "output_dir=O")
    before = files(outside / "O")
    failed = run(outside, EVAL, *FEW, "output_dir=O", "seed=1", "plugins=[raising]", expect=2)
    assert "error: metric mine raised ZeroDivisionError: division by zero (" in failed.stderr
    assert files(outside / "O") == before
    METRICS._entries.pop("mine")
    failed = run(outside, EVAL, *FEW, "output_dir=O", "plugins=[clashing]", expect=2)
    assert "clashing:mine registers the metric 'success', which rl2_mazes." in failed.stderr
    assert "trial/s" not in failed.stderr


def test_other_keys_of_results_are_reserved(outside):
    run(outside, EVAL, *FEW, "output_dir=O")
    keys = json.loads((outside / "O" / "results.json").read_text()).keys()
    metrics = {key for name in METRICS for key in (name, f"{name}_ci")}
    assert keys - metrics <= set(RESERVED)
    run(outside, "rl2_mazes.eval.battery", *FEW[:3], "output_dir=O", "only=[as trained]")
    battery = json.loads((outside / "O" / "battery.json").read_text())
    assert battery["conditions"][0].keys() - metrics <= set(RESERVED)
