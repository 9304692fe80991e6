"""The figure of tables 1 and 2: curves of each track and row, and results beside printed ones."""

from dataclasses import asdict, replace

from matplotlib.figure import Figure
from PIL import Image

from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.zoo import cards
from rl2_mazes.eval.reports.markdown.results.learning import (
    curves_by_row,
    draw_learning,
    learning_section,
)

PLAIN = cards.read_card("bandit_k5_n10/seed_0")
SINGLE = replace(
    PLAIN, name="x/seed_1", config=PLAIN.config | {"agent": asdict(ExchangeableSettings())}
)
AUTHORS = replace(
    PLAIN, name="z/seed_1", config=PLAIN.config | {"agent": asdict(RL2Settings(weight_norm=True))}
)
MIXTURE = {"kind": "mixed", "rows": ["mdps/n10", "mdps/n25"]}
MIXED = replace(SINGLE, name="y/seed_1", config=SINGLE.config | {"suite": MIXTURE})
MAZES = cards.read_card("walk_small/seed_0")
CURVES = {
    PLAIN.name: {"steps": [1e5, 1e6, 2e6], "trial_return": [5.0, None, 6.5]},
    SINGLE.name: {"steps": [1e5], "trial_return": [6.6]},
    MIXED.name: {"steps": [1e5], "mdps/n10/trial_return": [150.0], "mdps/n25/trial_return": [None]},
    MAZES.name: {"steps": [1], "trial_return": [0.5], "success_1": [1.0]},
}


def result(median, worst):
    return {"median": median, "worst": worst, "seeds": 2, "steps": 1_000_000, "yardstick": 6.78}


def test_curves_are_told_apart_by_track_and_row():
    assert curves_by_row(CURVES, [PLAIN, SINGLE, MIXED, MAZES]) == {
        "k5_n10": [("plain", [1e5, 2e6], [5.0, 6.5]), ("exchangeable", [1e5], [6.6])],
        "n10": [("one_agent", [1e5], [150.0])],
    }


def test_equal_results_give_equal_pictures_and_others_other_ones(tmp_path):
    summary = {"plain": {"k5_n10": result(6.6, 6.5)}, "one_agent": {"n10": result(6.6, 6.5)}}
    path = draw_learning(CURVES, [PLAIN, MIXED], summary, tmp_path)
    before = path.read_bytes()
    assert draw_learning(CURVES, [PLAIN, MIXED], summary, tmp_path).read_bytes() == before
    with Image.open(path) as picture:
        assert min(picture.size) > 300
    summary["plain"]["k5_n10"] = result(6.7, 6.5)
    assert draw_learning(CURVES, [PLAIN, MIXED], summary, tmp_path).read_bytes() != before


def test_the_authors_network_is_a_track_of_its_own():
    curves = {AUTHORS.name: {"steps": [1e5], "trial_return": [5.5]}}
    assert curves_by_row(curves, [AUTHORS]) == {"k5_n10": [("duan2016", [1e5], [5.5])]}


def test_a_result_below_the_panel_is_shown_and_named(tmp_path, monkeypatch):
    labels = []
    monkeypatch.setattr(Figure, "legend", lambda _, handles, names, **__: labels.extend(names))
    for median in (6.6, 5.0):  # a panel begins at 60 % of the gain over random actions
        draw_learning({}, [], {"plain": {"k5_n10": result(median, median)}}, tmp_path)
    assert [each for each in labels if "plain" in each] == [
        "RL², plain",
        "RL², plain, below the panel",
    ]


def test_a_picture_of_nothing_is_none(tmp_path):
    assert learning_section({"plain": {}, "algorithms": {"n10": result(6.7, 6.7)}}) == []
    assert len(learning_section({"one_agent": {"n10": result(6.7, 6.7)}})) == 1
    assert draw_learning({}, [], {"plain": {}}, tmp_path) is None
