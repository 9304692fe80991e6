"""Standings by track: what counts, what is kept apart, and the summary."""

from typing import Any

import pytest

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.reports.markdown.results.tracks import tracks_table, yardsticks_table
from rl2_mazes.eval.tabular.standings import (
    best_algorithm,
    published_as,
    share_of_gain,
    standing_of,
    standings,
    summary,
    yardstick,
)


def agent(value, row="k5_n10", track="exchangeable", trained_on=None, **changes):
    training = {"privileged_critic": True, "optimal_advantage": True, "warm_start": False}
    return {
        "row": row, "algorithm": f"seed_{value}", "mean": value + 1, "se": 0.5,
        "by_regret": value, "by_regret_se": 0.1, "track": track, "steps": 1_000_000,
        "trained_on": row if trained_on is None else trained_on, **training, **changes,
    }  # fmt: skip


def algorithm(name, value, row="k5_n10", **changes):
    cell = {"row": row, "algorithm": name, "title": name, "mean": value + 1, "se": 0.5}
    return {**cell, "by_regret": value, "by_regret_se": 0.1, "track": "algorithms", **changes}


def table(*cells, kind="bandits", **more):
    return {"settings": {"suite": kind, "num_tasks": 4000}, "cells": list(cells), **more}


def test_seeds_of_one_track_have_a_median_a_worst_and_a_best():
    tables = {"bandits/exchangeable": table(*(agent(x) for x in (6.1, 6.5, 6.3)))}
    tables["bandits/plain"] = table(agent(5.0, track="plain", steps=3_000_000))
    tables["bandits/by_regret"] = table(algorithm("gittins_finite", 6.6), algorithm("ucb1", 6.7))
    content = summary(tables)
    expected = {"median": 6.3, "worst": 6.1, "seeds": 3, "steps": 1_000_000, "yardstick": 6.6}
    assert content["exchangeable"] == {"k5_n10": {**expected, "metric": "by_regret"}}
    assert content["plain"]["k5_n10"]["median"] == 5.0
    assert content["plain"]["k5_n10"]["steps"] == 3_000_000
    assert content["one_agent"] == {}
    # The best algorithm is another than the yardstick.
    assert content["algorithms"]["k5_n10"]["median"] == 6.7
    line = tracks_table("bandits", tables).splitlines()[3]
    assert line.startswith(
        "| k5_n10 | RL², exchangeable | 6.30 | 6.10 | 6.50 | 6.60 | 3 | 4,000 | 1 |"
    )
    assert "critic and reward | 81.3 % | yes | exchangeable |" in line


def test_what_was_not_measured_by_regret_is_its_mean():
    old: dict[str, Any] = {"by_regret": None, "by_regret_se": None}
    tables = {"bandits/plain": table(agent(5.0, track="plain", **old))}
    tables["bandits/paper"] = table(algorithm("gittins_finite", 6.6, **old), algorithm("ucb1", 6.0))
    row = summary(tables)["plain"]["k5_n10"]
    assert (row["median"], row["metric"], row["yardstick"]) == (6.0, "mean", 7.6)


def test_an_agent_of_one_row_counts_there_alone_and_one_of_many_everywhere():
    cells = [agent(6.0), agent(50.0, "k5_n100", trained_on="k5_n10")]
    cells += [agent(x, row, "one_agent", "k5_n10 k10_n10") for x, row in ((6.2, "k5_n10"),)]
    cells += [agent(60.0, "k5_n100", "one_agent", "k5_n10 k10_n10")]
    cells += [agent(100.0, "k20_n200", "one_agent", "k5_n10 k10_n10")]
    tables = {"bandits/agents": table(*cells)}
    found = standings("bandits", tables)
    assert [(each.row, each.track) for each in found] == [
        *(("k5_n10", "exchangeable"), ("k5_n10", "one_agent")),
        *(("k5_n100", "one_agent"), ("k20_n200", "one_agent")),
    ]
    assert [each.is_own_row for each in found] == [True, True, False, False]
    assert set(summary(tables)["one_agent"]) == {"k5_n10", "k5_n100"}, "rows of the table alone"


def test_a_training_beside_the_tracks_own_is_shown_and_not_averaged():
    tables = {
        "bandits/exchangeable": table(agent(6.0)),
        "bandits/reward_only": table(*(agent(x, optimal_advantage=False) for x in (6.4, 6.5))),
    }
    found = standings("bandits", tables)
    counts = standing_of(found, "exchangeable", "k5_n10")
    assert counts is not None
    assert counts.source == "bandits/exchangeable"
    assert summary(tables)["exchangeable"]["k5_n10"]["seeds"] == 1
    page = tracks_table("bandits", tables)
    assert page.count("| k5_n10 |") == 2
    assert "| critic |" in page


def test_different_trainings_in_one_file_are_no_seeds():
    mixed = table(agent(6.0), agent(6.5, privileged_critic=False))
    with pytest.raises(
        UserError, match=r"plain\.json: agents seed_6\.0 and seed_6\.5 .* two files"
    ):
        standings("bandits", {"bandits/plain": mixed})


def test_yardsticks_by_regret_replace_others():
    tables = {
        "mdps/paper_true": table(algorithm("psrl", 900.0, "n10"), kind="mdps"),
        "mdps/by_regret": table(algorithm("myopic_ucb", 160.0, "n10"), kind="mdps"),
    }
    for choose in (yardstick, best_algorithm):
        standing = choose("mdps", tables, "n10")
        assert standing is not None
        assert standing.cells[0]["algorithm"] == "myopic_ucb"
    assert yardstick("mdps", tables, "n25") is None


def test_the_share_of_the_gain_is_over_random_actions():
    assert share_of_gain("bandits", "k5_n10", 5.0, 6.6) == 0
    assert share_of_gain("bandits", "k5_n10", 6.6, 6.6) == 1
    assert share_of_gain("mdps", "n10", 130.0, 160.0) == 0.5


def test_bayes_optimal_values_stand_beside_gittins():
    value = BanditSuite(2, 10).bayes_optimal()
    assert value is not None
    cells = [algorithm("gittins_finite", value, "k2_n10")]
    tables = {"bandits/by_regret": table(*cells, bayes_optimal={"k2_n10": value})}
    tables["bandits/one_agent"] = table(agent(5.9, "k2_n10", "one_agent", "k5_n10"))
    page = yardsticks_table("bandits", tables)
    assert f"| k2_n10 | {value:.3f} | {value:.3f} ± 0.100 | 5.9 ± 0.1, 1 seed |" in page
    assert yardsticks_table("bandits", {}) == ""


def test_an_agent_that_was_measured_before_it_was_published_is_the_same():
    names = ["runs/a/seed_0", "pretrained/a/seed_0", "elsewhere/a/seed_0"]
    found = [published_as({"algorithm": name}) for name in names]
    assert found == ["pretrained/a/seed_0", "pretrained/a/seed_0", "elsewhere/a/seed_0"]
