"""Differences in the same mazes: by hand where they are sure, beside scipy's where they are not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from support.page_runs import SUITE, draw, write_run

from rl2_mazes.eval.reports.html.differences import comparable, differences
from rl2_mazes.eval.reports.html.groups import Group
from rl2_mazes.eval.reports.html.runs import EvaluatedRun, read_runs
from rl2_mazes.eval.trials.runner import TrialLog


@pytest.fixture
def run(tmp_path) -> EvaluatedRun:
    (read,) = read_runs([write_run(tmp_path / "run")])
    return read


def with_lengths(run: EvaluatedRun, length: np.ndarray) -> EvaluatedRun:
    success = np.ones(length.shape, dtype=bool)
    nothing = np.zeros(0, dtype=np.uint8)
    log = TrialLog(length, success, length.astype(np.float32), torch.arange(len(length)), nothing)
    return replace(run, log=log, mazes=tuple(draw(4)[0] for _ in length))


def found(first: list[EvaluatedRun], second: list[EvaluatedRun]) -> dict:
    groups = Group("first", tuple(first)), Group("second", tuple(second))
    return {
        (each.metric.name, each.episode): each
        for each in differences(*groups, np.random.default_rng(0))
    }


def test_a_run_does_not_differ_from_itself(run):
    for each in found([run], [run]).values():
        assert (each.value, each.interval) == (0, (0, 0))


def test_what_differs_alike_in_every_maze_is_sure(run):
    """Three steps more in every maze, however much mazes differ: the pairing shows."""
    length = np.array([[10, 5], [30, 20], [7, 7]])
    each = found([with_lengths(run, length)], [with_lengths(run, length + np.array([0, 3]))])
    assert each["length_all", 0].value == 0
    assert each["length_all", 1].value == 3
    assert each["length_all", 1].interval == pytest.approx((3, 3))
    ratio = each["length_ratio_all", None]
    assert (ratio.first, ratio.second) == (32 / 47, 41 / 47)
    assert ratio.interval is not None
    assert ratio.interval[0] < ratio.value < ratio.interval[1]


def test_the_interval_is_the_percentile_bootstrap(run):
    rng = np.random.default_rng(1)
    a, b = rng.integers(5, 40, (2, 200, 2))
    each = found([with_lengths(run, a)], [with_lengths(run, b)])["length_ratio_all", None]
    theirs = stats.bootstrap(
        (a[:, 0], a[:, 1], b[:, 0], b[:, 1]),
        lambda p, q, r, s, axis: s.sum(axis) / r.sum(axis) - q.sum(axis) / p.sum(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert each.interval == pytest.approx(tuple(theirs), abs=0.01)


def test_seeds_are_drawn_too(run):
    """Two seeds of 10 and 20 steps: their mean is 10, 15 or 20 with shares 1/4, 1/2, 1/4."""
    flat = [with_lengths(run, np.full((50, 2), steps)) for steps in (10, 20)]
    each = found([flat[0]], flat)["length_all", 1]
    assert each.value == 5
    assert each.interval == (0, 10)


def test_only_the_same_mazes_and_rules_compare(run):
    assert comparable(run, run)
    assert not comparable(run, replace(run, mazes=run.mazes[::-1]))
    rules = replace(SUITE.rules, horizon=99)
    assert not comparable(run, replace(run, suite=replace(run.suite, rules=rules)))
    assert not comparable(run, with_lengths(run, np.ones((3, 2), dtype=int)))
