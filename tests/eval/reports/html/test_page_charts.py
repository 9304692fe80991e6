"""Charts: parts of a page, in its colours, with words for those who cannot see them."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from support.page_runs import write_battery, write_run

from rl2_mazes.eval.reports.html.canvas import STANDS_FOR, as_part, chart, series
from rl2_mazes.eval.reports.html.curves import compared_curves, learning_curves
from rl2_mazes.eval.reports.html.distributions import length_charts
from rl2_mazes.eval.reports.html.estimates import behaviour_charts, control_chart, seed_chart
from rl2_mazes.eval.reports.html.groups import Group, group_runs
from rl2_mazes.eval.reports.html.runs import read_runs


@pytest.fixture
def group(tmp_path) -> Group:
    folders = [write_run(tmp_path / f"seed_{s}", s, [(2, 0), (1, s)]) for s in range(2)]
    return group_runs(read_runs(folders))[0]


def test_a_chart_takes_the_pages_colours_and_font():
    made = chart("a line", lambda axes: axes.plot([0, 1], [0, 1], color=series(0)), "A line", "x")
    ElementTree.fromstring(made.svg)
    assert "var(--series-0)" in made.svg
    assert "var(--muted)" in made.svg
    assert "var(--sans)" in made.svg
    assert not any(stand_in in made.svg for stand_in in STANDS_FOR.values())
    assert not re.search(r"<svg[^>]* (width|height)=", made.svg)
    assert "A line</text>" in made.svg


def test_ids_are_unlike_those_of_other_charts():
    svg = '<?xml?><svg width="1pt" height="2pt"><a id="k"/><b id="p"/><c href="#p"/></svg>'
    one, other = (as_part(svg, salt) for salt in "xy")
    assert 'id="k"' not in one
    ids = [re.findall(r'id="([^"]+)"', part) for part in (one, other)]
    assert [len(each) for each in ids] == [1, 1]
    assert ids[0] != ids[1]
    assert f'href="#{ids[0][0]}"' in one


def test_a_page_of_charts_has_each_id_once(group):
    charts = [*learning_curves(group), *length_charts(group), *behaviour_charts(group)]
    ids = re.findall(r' id="([^"]+)"', "".join(each.svg for each in charts))
    assert len(ids) == len(set(ids)) > 0


def test_learning_curves_tell_where_they_end(group):
    success, steps, ratio = learning_curves(group)
    assert "episode 1 ends at 0.5; episode 2 ends at 0.5" in success.alt
    assert "episode 1 ends at 20; episode 2 ends at 11" in steps.alt
    assert "ends at 0.55" in ratio.alt
    assert learning_curves(Group("x", (replace(group.runs[0], curve=[]),))) == []
    (_, compared, _) = compared_curves([group, replace(group, name="other")])
    assert "demo ends at 11; other ends at 11" in compared.alt


def test_lengths_tell_who_arrives(tmp_path):
    folder = write_run(tmp_path / "run", rounds=[(None, 0), (1, 0)])
    (group,) = group_runs(read_runs([folder]))
    lengths, _, saved = length_charts(group)
    assert "episode 1: " in lengths.alt
    assert "50.0 % arrive; episode 2" in lengths.alt
    assert "100.0 % of trials are shorter, 0.0 % longer" in saved.alt


def test_no_success_has_charts_too(tmp_path):
    (group,) = group_runs(read_runs([write_run(tmp_path / "run", rounds=[(None, None)] * 2)]))
    assert "episode 1: none, 0.0 % arrive" in length_charts(group)[0].alt
    names = {chart.alt.partition(",")[0] for chart in behaviour_charts(group)}
    assert {"Wall hits", "Cells revisited", "Rooms never in view"} <= names
    (seen,) = (each for each in behaviour_charts(group) if each.alt.startswith("Cells seen"))
    assert "none in episode 1" in seen.alt


def test_bars_of_saved_steps_are_all_trials(group):
    """Half the trials save 8 steps, the others 4 and 0."""
    saved = np.concatenate([run.log.length @ [1, -1] for run in group.runs])
    assert sorted(saved.tolist()) == [0, 4, 8, 8]
    assert (
        "75.0 % of trials are shorter, 0.0 % longer; median 6 steps" in length_charts(group)[2].alt
    )


def test_seeds_and_controls(group):
    made = seed_chart(group)
    assert made is not None
    assert re.search(r"seed 0 0\.\d{3}, seed 1 0\.\d{3}, mean 0\.\d{3}\.", made.alt)
    assert seed_chart(Group("one", group.runs[:1])) is None
    write_battery(group.runs[0].folder)
    (run,) = read_runs([group.runs[0].folder])
    conditions = control_chart(run)
    assert conditions is not None
    assert "as trained 0." in conditions.alt
    assert "memory reset</text>" in conditions.svg
