"""Figures of the mazes: whose steps they show, and that equal results give equal pictures."""

from dataclasses import replace

from PIL import Image

from rl2_mazes.agents.zoo import cards
from rl2_mazes.eval.reports.markdown.results.curves import draw_curves
from rl2_mazes.eval.reports.markdown.results.maze_lengths import lengths_of_others, measured
from rl2_mazes.eval.reports.markdown.results.overview import OURS, draw_overview, in_order
from rl2_mazes.eval.reports.markdown.results.style import colours, style

CARD = cards.read_card("walk_small_gpu/seed_0")
CARDS = [CARD, replace(CARD, name="walk_small_gpu/seed_1")]
CURVE = {"steps": [1e6, 2e6, 3e6], "length_2": [90.0, None, 40.0]}


def record(agent, length, **changes):
    own = {"row": "walk_small", "condition": "as trained", "engine": "ViZDoom", "split": "test"}
    return own | {"agent": agent, "sampled": True, "trials": 1000, "length": length} | changes


RECORDS = [
    record("walk_small_gpu/seed_0", [50.0, 34.0, 33.0]),
    record("walk_small_gpu/seed_1", [54.0, 33.0]),
    record("walk_small_gpu/seed_2", [51.0, 36.0]),
    record("walk_small_gpu/seed_3", [10.0, 10.0], engine="twin"),
    record("walk_small_gpu/seed_3", [10.0, 10.0], trials=100),
    record("walk_small_gpu/seed_3", [10.0, 10.0], sampled=False),
    record("walk_small_gpu/seed_3", [10.0, 10.0], row="grid_small"),
    record("walk_small_gpu/seed_0", [31.0, 31.0], condition="oracle", engine="twin"),
    record("walk_small_gpu/seed_0", [99.0, 99.0], condition="oracle", trials=20),
]


def test_levels_are_medians_and_those_of_the_most_trials():
    found = measured(RECORDS, "walk_small", "walk_small_gpu", "ours")
    assert found == ("ours", ((51.0, 50.0, 54.0), (34.0, 33.0, 36.0)))
    assert measured(RECORDS, "walk_large", "walk_small_gpu", "ours") is None
    second = {each.title: each.episodes[1][0] for each in lengths_of_others(RECORDS, "walk_small")}
    assert second == {
        "RL², Duan et al. 2016": 39.1,
        "SNAIL, Mishra et al. 2018": 34.8,
        "shortest path": 31.0,
    }
    assert lengths_of_others(RECORDS, "grid_small") == []


def test_a_seed_that_was_measured_twice_counts_once_by_its_longest_trials():
    twice = record("walk_small_gpu/seed_2", [53.0, 35.0, 38.0]), RECORDS[2]
    found = measured([*RECORDS[:2], *twice], "walk_small", "walk_small_gpu", "ours")
    assert found is not None
    assert found.episodes == ((53.0, 50.0, 54.0), (34.0, 33.0, 35.0))


def test_pictures_follow_their_figures(tmp_path):
    curves = {card.name: CURVE for card in CARDS}
    paths = draw_curves(curves, CARDS, RECORDS, tmp_path), draw_overview(RECORDS, tmp_path)
    assert [path and path.name for path in paths] == ["curves_mazes.png", "overview.png"]
    before = [path.read_bytes() for path in paths if path]
    with Image.open(tmp_path / "curves_mazes.png") as picture:
        assert picture.size == (1000, 360)  # walking alone: nobody trained on the grid
    draw_overview(RECORDS, tmp_path)
    assert (tmp_path / "overview.png").read_bytes() == before[1]
    draw_overview(RECORDS[1:], tmp_path)
    assert (tmp_path / "overview.png").read_bytes() != before[1]


def test_the_overview_lists_ours_first_and_no_bound():
    first, second, *_ = OURS
    assert in_order(["SNAIL", second, "shortest path", "SNAIL", first]) == [first, second, "SNAIL"]


def test_no_results_no_pictures(tmp_path):
    assert draw_curves({}, CARDS, RECORDS, tmp_path) is None
    assert draw_overview([], tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_style_is_that_of_the_report_on_light_paper():
    assert colours()["ink"] == style()["text.color"]
    assert {f"series-{index}" for index in range(6)} <= colours().keys()
