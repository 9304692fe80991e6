"""Cells and tables, to the digit."""

from dataclasses import replace

import pytest
from support.page_runs import SUITE, write_battery, write_run

from rl2_mazes.core.formatting import Cell
from rl2_mazes.core.metrics import METRICS
from rl2_mazes.eval.reports.html.differences import Difference
from rl2_mazes.eval.reports.html.groups import Group, group_runs
from rl2_mazes.eval.reports.html.runs import read_runs
from rl2_mazes.eval.reports.html.tables import (
    controls,
    difference_summary,
    difference_table,
    gains,
    overview,
    results,
    what_was_run,
)
from rl2_mazes.mazes.rules import MazeRules


@pytest.fixture
def group(tmp_path) -> Group:
    return group_runs(read_runs([write_run(tmp_path / "demo" / "seed_0")]))[0]


def row(table, name: str) -> dict[str, Cell]:
    (found,) = [cells for cells in table.rows if cells[0].text == name]
    assert len(found) == len(table.header)
    return dict(zip(table.header, found, strict=True))


def column(table, name: str) -> dict[str, Cell]:
    """The cells of a column by the first cell of their row."""
    at = table.header.index(name)
    assert all(len(cells) == len(table.header) for cells in table.rows)
    return {cells[0].text: cells[at] for cells in table.rows}


def test_an_episode_a_column(group):
    first, second = (column(results(group), f"episode {k}") for k in (1, 2))
    shortest = float(group.runs[0].shortest[:, 0].mean())
    assert first["success, %"].text == "100.0"
    assert first["length of successes"].text == f"{shortest + 6:.1f}"  # 3 + 2 + 1 + 0 rounds of 4
    assert second["length of successes"].text == f"{shortest + 1:.1f}"
    assert second["shortest path"] == Cell(f"{shortest:.1f}")
    assert not any("published" in name for name in first)


def test_published_results_stand_beside_measured_ones(group):
    """Table 3 of the paper: 52.4 ± 1.3 steps and 99.3 % in episode 1, 91.7 % improved."""
    walk = replace(SUITE, rules=MazeRules(movement="walk", horizon=250))
    walked = Group("walk", tuple(replace(run, suite=walk) for run in group.runs))
    assert column(results(walked), "episode 1")["RL², published"] == Cell(
        "52.4", "± 1.3", "(99.3 %)"
    )
    assert column(results(walked), "episode 2")["SNAIL, published"] == Cell("34.8", "± 0.2")
    cited = column(gains(walked), "RL², published")
    assert cited["not longer, %"] == Cell("91.7")
    assert cited["shorter, %"] == Cell("")


def test_gains_of_a_single_run(group):
    measured = column(gains(group), "seed 0")
    assert measured["shorter, %"].text == "75.0"
    assert measured["longer, %"].text == "25.0"
    assert measured["gap closed, %"].text == "100.0"  # of the three with room
    assert measured["gap closed, all trials, %"].text == "83.3"  # (24 - 4) / 24 steps
    assert gains(group).header == ["", "seed 0"]


def test_gains_of_several_seeds_start_with_their_mean(tmp_path):
    folders = [write_run(tmp_path / f"{s}", s, [(3, s), (1, s)]) for s in range(3)]
    (group,) = group_runs(read_runs(folders))
    names = gains(group).header[1:]
    assert names == ["mean", "seed 0", "seed 1", "seed 2"]
    each = [column(gains(group), name)["length ratio, all trials"] for name in names]
    assert float(each[0].text) == pytest.approx(
        sum(float(cell.text) for cell in each[1:]) / 3, abs=1e-3
    )
    assert each[0].interval
    assert row(overview([group]), "demo")["seeds"].text == "3"


def test_no_success_says_none(tmp_path):
    (group,) = group_runs(read_runs([write_run(tmp_path / "fails", rounds=[(None, None)] * 2)]))
    for table in (results(group), gains(group), overview([group])):
        stated = [cell.text for cells in table.rows for cell in cells]
        assert "none" in stated
        assert not any("nan" in text.lower() for text in stated)
    assert column(results(group), "episode 1")["length"].text == "40.0"


def test_what_was_run(group):
    stated = row(what_was_run([group]), "demo/seed_0")
    assert stated["seed"].text == "0"
    assert stated["training steps"].text == "1,753,600"
    assert stated["training, s"].text == "801"


def test_differences_have_their_units():
    found = [
        Difference(METRICS.get("length_all"), 0, 10.0, 12.34, 2.34, (1.0, 3.0)),
        Difference(METRICS.get("success"), 0, 1.0, 0.5, -0.5, (-0.6, -0.4)),
        Difference(METRICS.get("length_ratio_all"), None, 0.8, 0.9, 0.1, None),
    ]
    cells = [cells[1:] for cells in difference_table("a", "b", found).rows]
    assert cells[0] == [Cell("10.0"), Cell("12.3"), Cell("2.3", "[1.0, 3.0]")]
    assert cells[1] == [Cell("100.0"), Cell("50.0"), Cell("-50.0", "[-60.0, -40.0]")]
    assert cells[2][-1] == Cell("0.100")
    assert [row[-1] for row in cells] == difference_summary("a", {"b": found}).rows[0][1:]


def test_controls_by_group(group):
    write_battery(group.runs[0].folder)
    (run,) = read_runs([group.runs[0].folder])
    found = controls(run)
    assert [name for name, *_ in found] == ["agent", "controls"]
    (_, table, meanings) = found[1]
    stated = row(table, "memory reset")
    assert stated["success, %"].text == "100.0, 100.0"
    assert stated["length ratio"].interval
    assert meanings == [("memory reset", "memory reset, as a test would have it")]
