"""The line that sets a result beside the project's own agents of the same preset."""

import json
from dataclasses import asdict

import pytest

from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.records import read_measurements
from rl2_mazes.eval.reports.markdown.comparison import against_pretrained
from rl2_mazes.mazes.suite import MazeSuite


def results(ratio, engine="ViZDoom", greedy=False):
    return {
        "suite": asdict(MazeSuite()), "engine": engine, "greedy": greedy, "trials": 1000,
        "seed": 0, "train_steps": 5, "success": [1.0, 1.0], "length": [60.0, 60.0 * ratio],
        "length_ratio": ratio,
    }  # fmt: skip


def publish(folder, seed, **how):
    file = folder / "results.json"
    file.write_text(json.dumps(results(**how)))
    name = f"walk/seed_{seed}"
    (folder / "walk").mkdir(exist_ok=True)
    cards.Card(
        name, "walk", seed, 5, 1.0, None, None, None, "0", "float32", True, {},
        read_measurements(file), [],
    ).write(folder)  # fmt: skip


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("name: walk\nseed: 7\n")
    (tmp_path / "run" / "results.json").write_text(json.dumps(results(0.8)))
    return tmp_path / "run"


def test_agents_that_were_measured_alike_count(run, tmp_path):
    for seed, ratio in enumerate((0.7, 0.9, 0.75)):
        publish(tmp_path, seed, ratio=ratio)
    publish(tmp_path, 3, ratio=0.1, engine="twin")
    publish(tmp_path, 4, ratio=0.1, greedy=True)
    publish(tmp_path, 5, ratio=0.95)
    line = against_pretrained(run, run / "results.json", tmp_path)
    assert "0.800 here and 0.825 (0.700 to 0.950, 4 seeds) there" in line
    assert "48.0 and 49.5 (42.0 to 57.0, 4 seeds)" in line


def test_nothing_to_compare_with(run, tmp_path):
    assert against_pretrained(run, run / "results.json", tmp_path) is None
    publish(tmp_path, 0, ratio=0.7)
    (run / "config.yaml").write_text("name: another\n")
    assert against_pretrained(run, run / "results.json", tmp_path) is None
    (run / "config.yaml").unlink()
    assert against_pretrained(run, run / "results.json", tmp_path) is None
