"""Medians of mazes by track."""

from dataclasses import replace

import pytest

from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.tracks import size_track_of, track_of
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


def config(rooms, init_from=None):
    return {"suite": {"tasks": {"rooms": rooms}}, "init_from": init_from}


def test_the_track_by_size_follows_warm_starts():
    configs = {
        "a/seed_0": config(3),
        "b/seed_0": config(3, "pretrained/a"),
        "c/seed_0": config(5, "pretrained/a/seed_0"),
        "d/seed_0": config(3, "pretrained/c/seed_0"),
        "e/seed_0": config(3, "runs/mine"),
        "f/seed_0": config(3, "pretrained/f"),
    }
    tracks = [size_track_of(name, configs) for name in configs]
    small, mixed = "small_trained", "mixed_trained"
    assert tracks == [small, small, mixed, mixed, None, None]


def test_tracks_by_size_are_of_large_mazes_and_many_seeds_come_first(published):
    one = next(card for card in published if card.name == "walk_small/seed_0")
    record = next(each for each in one.results if each["row"] == "walk_large")
    seeds = [
        replace(one, name=f"a/seed_{k}", results=[record | {"length": [170.0 + k, 120.0]}])
        for k in range(5)
    ]
    single = replace(one, name="b/seed_0", results=[record | {"length": [150.0, 90.0]}])
    large = replace(one, name="c/seed_0", config=one.config | config(5), results=single.results)
    found = maze_summary([*seeds, single, large])
    assert found["small_trained"]["walk_large"]["length_1"] == 172.0
    assert found["small_trained"]["walk_large"]["seeds"] == 5
    assert found["mixed_trained"]["walk_large"]["training"] == "c"
    assert found["labels"]["walk_large"]["length_1"] == 150.0
    assert "walk_small" not in found["small_trained"] | found["mixed_trained"]
