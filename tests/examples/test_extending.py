"""The examples of one file run as programs, and their numbers are right."""

import re
import runpy

import numpy as np
import pytest
from support.pages import ROOT

pytestmark = pytest.mark.usefixtures("own_registries")


def run(name, run_name="__main__"):
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name=run_name)


def test_binary_trees_open_to_the_north_or_west(capsys):
    generator = run("binary_tree")["binary_tree"]
    assert capsys.readouterr().out.count("X") == 3  # a target in each of three mazes
    openings = list(generator(4, np.random.default_rng(0)))
    assert len(openings) == 15  # of a spanning tree of 16 rooms
    steps = {(row - to_row, col - to_col) for (row, col), (to_row, to_col) in openings}
    assert steps == {(0, 1), (1, 0)}


def test_the_share_of_turns(capsys):
    run("turning")
    shares = re.findall(r"[\d.]+", capsys.readouterr().out.partition(":")[2])
    assert len(shares) == 2
    assert all(0.1 < float(share) < 0.9 for share in shares)


def test_bayes_ucb_finds_the_best_arm(capsys):
    example = run("bayes_ucb")
    assert 70 < float(capsys.readouterr().out.split()[0]) < 83.3
    greedy = example["ALGORITHMS"].get("bayes_ucb").build(example["bandits"], width=0.0)
    assert example["mean_return"](greedy) < example["mean_return"](example["bayes_ucb"])
