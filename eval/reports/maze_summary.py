"""Medians over seeds of the published agents of mazes, by track, for results/summary.json."""

from collections.abc import Iterable
from statistics import median
from typing import Any

from ...agents.zoo.cards import Card
from ...agents.zoo.records import AS_TRAINED
from ...agents.zoo.tracks import MAZE_TRACKS, SIZE_TRACKS, size_track_of

LARGE = "walk_large"
ROWS = ("walk_small", LARGE)
MANY_SEEDS = 5
FEWEST_TRIALS = 1000
FIGURES = {  # of a record, by name in the summary: key and episode
    "length_1": ("length", 0),
    "length_2": ("length", 1),
    "success_1": ("success", 0),
    "success_2": ("success", 1),
    "ratio": ("length_ratio", None),
}


def maze_summary(found: Iterable[Card]) -> dict[str, dict[str, dict[str, Any]]]:
    """The best training of each track on each row: the one of the fewest steps in two episodes.

    Evaluations in the engine count, of 1,000 test mazes and more with sampled actions; the last one
    of a card. Cards of one folder are seeds of one training. The tracks by size are compared on
    large mazes; there, trainings of `MANY_SEEDS` seeds come first.
    """
    mazes = [card for card in found if card.track in MAZE_TRACKS]
    configs = {card.name: card.config for card in mazes}
    trainings: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
    for card in mazes:
        size = size_track_of(card.name, configs)
        for record in card.results:
            if record["row"] not in ROWS or not _counts(record):
                continue
            for track in (str(card.track), size if record["row"] == LARGE else None):
                if track is not None:
                    family = trainings.setdefault((track, record["row"]), {})
                    family.setdefault(card.name.rpartition("/")[0], {})[card.name] = record
    content: dict[str, dict[str, dict[str, Any]]] = {
        track: {} for track in (*MAZE_TRACKS, *SIZE_TRACKS)
    }
    for (track, row), families in trainings.items():
        each = [_medians(name, list(records.values())) for name, records in families.items()]
        content[track][row] = min(
            each,
            key=lambda one: (
                track in SIZE_TRACKS and one["seeds"] < MANY_SEEDS,
                one["length_1"] + one["length_2"],
            ),
        )
    return content


def _counts(record: dict[str, Any]) -> bool:
    return (
        record["condition"] == AS_TRAINED
        and (record["engine"], record["split"]) == ("ViZDoom", "test")
        and record["sampled"]
        and record["trials"] >= FEWEST_TRIALS
        and record.get("length_ratio") is not None
    )


def _medians(training: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    figures = {
        name: median(each[key] if at is None else each[key][at] for each in records)
        for name, (key, at) in FIGURES.items()
    }
    return {
        **{name: round(value, 4) for name, value in figures.items()},
        "seeds": len(records),
        "steps": round(median(each["train_steps"] for each in records)),
        "training": training,
    }
