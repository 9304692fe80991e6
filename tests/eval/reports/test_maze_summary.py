"""Medians of mazes by track."""

from dataclasses import replace

import pytest

from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.tracks import track_of
from rl2_mazes.eval.reports.maze_summary import maze_summary


@pytest.fixture(scope="module")
def published():
    """All cards."""
    return [cards.read_card(name) for name in cards.names()]


def test_every_card_of_mazes_states_the_track_of_its_training(published):
    for card in published:
        in_mazes = card.config["suite"]["kind"] == "mazes"
        assert card.track == (track_of(card.config["agent"]) if in_mazes else None), card.name


def test_it_holds_the_medians_of_the_best_training(published):
    one = next(card for card in published if card.name == "walk_small_duan2016/seed_0")
    record = next(each for each in one.results if each["row"] == "walk_small")
    usual = {"condition": "as trained", "split": "test", "sampled": True, "trials": 1000}
    seeds = [
        replace(one, name=f"a/seed_{k}", results=[record | usual | {"length": [first, 40.0]}] * 2)
        for k, first in enumerate((50.0, 60.0, 58.0))
    ]
    slower = replace(one, name="b/seed_0", results=[record | usual | {"length": [70.0, 50.0]}])
    others = [usual | {"length": [9.0, 9.0]} | other for other in (
        {"split": "validation"}, {"sampled": False}, {"trials": 200}, {"engine": "twin"},
        {"condition": "memory reset"},
    )]  # fmt: skip
    unlike = [replace(one, name=f"c/{i}", results=[record | x]) for i, x in enumerate(others)]
    found = maze_summary([slower, *unlike, *seeds])
    assert found["labels"] == {}
    best = found["no_labels"]["walk_small"]
    assert (best["length_1"], best["length_2"], best["seeds"]) == (58.0, 40.0, 3)
    assert best["training"] == "a"
    assert best["steps"] == one.results[0]["train_steps"]
    labelled = [replace(slower, track="labels"), *seeds]
    assert maze_summary(labelled)["labels"]["walk_small"]["length_1"] == 70.0
