"""Lengths in the figures of the mazes: our agents', printed, the explorer's, the oracle's."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from .....agents.zoo.records import AS_TRAINED
from .....mazes.published import LARGE, SMALL

PUBLISHED = {"walk_small": SMALL, "walk_large": LARGE}
SCRIPTED = {"explorer": "scripted explorer", "oracle": "shortest path"}  # by condition
PRINTED = {"RL²": "RL², Duan et al. 2016", "SNAIL": "SNAIL, Mishra et al. 2018"}  # by agent
FEWEST_TRIALS = 1000

Record = Mapping[str, Any]  # see `eval.results.read`


class Lengths(NamedTuple):
    """Steps of successful episodes of somebody on a row of table 3.

    Attributes:
        title: Name in figures.
        episodes: Steps of episodes 1 and 2: median over seeds, least and greatest.
    """

    title: str
    episodes: tuple[tuple[float, float, float], ...]


def lengths_of_others(records: Iterable[Record], row: str) -> list[Lengths]:
    """Printed results on a row, the scripted explorer's and the shortest path's, where known."""
    found = [
        Lengths(PRINTED[each.agent], _alone(each.length))
        for each in PUBLISHED.get(row, ())
        if each.agent in PRINTED
    ]
    records = list(records)
    for condition, title in SCRIPTED.items():
        of = [e for e in records if e["row"] == row and e["condition"] == condition]
        if of:
            lengths = max(of, key=lambda each: each["trials"])["length"]
            found.append(Lengths(title, _alone(lengths)))
    return found


def _alone(lengths: Sequence[float]) -> tuple[tuple[float, float, float], ...]:
    """Episodes 1 and 2 of one agent, whose median is also its least and its greatest."""
    return tuple((steps, steps, steps) for steps in lengths[:2])


def measured(records: Iterable[Record], row: str, training: str, title: str) -> Lengths | None:
    """Medians over the seeds of a training on a row, in the engine; None if not measured.

    Of a seed that was measured more than once, the longest trials count.
    """
    found = [
        each
        for each in records
        if each["row"] == row
        and each["agent"].partition("/")[0] == training
        and (each["condition"], each["engine"], each["split"]) == (AS_TRAINED, "ViZDoom", "test")
        and each["sampled"]
        and each["trials"] >= FEWEST_TRIALS
    ]
    if not found:
        return None
    found.sort(key=lambda each: len(each["length"]))
    longest = {each["agent"]: each["length"][:2] for each in found}  # the last of an agent stays
    by_episode = zip(*longest.values(), strict=True)
    return Lengths(title, tuple((median(e), min(e), max(e)) for e in by_episode))
